"""The scripts of the page: unit tests of what is pure, and, where the tools are installed, types, lint and format."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
UI = PROJECT / "studio" / "ui"
TESTS = sorted((PROJECT / "tests" / "ui" / "javascript").glob("*.test.mjs"))


def node() -> str:
    """Return the program; without it a test is skipped, except under CI."""
    found = shutil.which("node")
    if found is None:
        message = "Node is not installed: apt-get install nodejs"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return found


def run(*command: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_unit_tests_of_the_scripts_pass() -> None:
    done = run(node(), "--test", *map(str, TESTS))
    assert done.returncode == 0, done.stdout
    assert "\n# pass 0\n" not in done.stdout
    assert "\n# fail 0\n" in done.stdout or "ℹ fail 0" in done.stdout


def test_a_unit_test_that_fails_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "wrong.test.mjs").write_text(
        'import { test } from "node:test";\nimport assert from "node:assert";\ntest("x", () => assert.equal(1, 2));\n',
        encoding="utf-8",
    )
    assert run(node(), "--test", str(tmp_path / "wrong.test.mjs")).returncode != 0


@pytest.mark.parametrize("command", ["types", "lint", "format"])
def test_types_lint_and_format_of_the_scripts_are_right(command: str) -> None:
    if not (UI / "node_modules").exists():
        message = "The tools are not installed: npm ci --prefix studio/ui"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    done = run("npm", "run", "--silent", command, folder=UI)
    assert done.returncode == 0, done.stdout + done.stderr
