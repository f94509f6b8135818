"""Of the routes of the Gradio that Colab has, the page lets in those in the table, too; it is fetched alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
CONSTRAINTS = PROJECT / "tests" / "constraints-colab.txt"
TESTS = "tests/studio/ui/test_http_routes.py"
VERSION = "import pytest, sys; from importlib.metadata import version; assert version('gradio') == sys.argv[1]"
FETCH_SECONDS = 120
TEST_SECONDS = 600


def colab_gradio() -> str:
    """Return the version that Colab has."""
    found = re.search(r"^gradio==(\S+)$", CONSTRAINTS.read_text(encoding="utf-8"), flags=re.M)
    assert found is not None
    return found[1]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Return a folder that has this Gradio alone; without the network the test is skipped, but not in CI."""
    wanted = f"gradio=={colab_gradio()}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(tmp_path / "older"),
        wanted,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"{wanted} cannot be fetched: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return tmp_path / "older"


@pytest.mark.slow
def test_the_routes_of_the_gradio_that_colab_has_are_those_in_the_table(older: Path) -> None:
    code = f"{VERSION}; sys.exit(pytest.main(sys.argv[2:]))"
    command = [sys.executable, "-c", code, colab_gradio(), "-q", "-p", "no:cacheprovider", "-n", "0", TESTS]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(older), str(PROJECT)))}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=TEST_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
