from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from studio import __main__ as cli
from studio.space.folder import requirements
from tests.hub_server import MOST_SHORT

PROJECT = Path(__file__).parents[3]
IMPORTS = "import os; os.chdir('/'); import studio.__main__, studio.ui.page, training; print(training.__file__)"


@pytest.fixture
def checkpoints(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> Path:
    for name in ("alpha", "beta"):
        (make_checkpoint(tmp_path / "mine" / name) / "state.pt").write_bytes(b"what only a resume needs")
    (tmp_path / "mine" / "default").write_text("beta", encoding="utf-8")
    return tmp_path / "mine"


def space(folder: Path, *words: object) -> int:
    return cli.main(["space", str(folder), *map(str, words)])


def front_matter(readme: str) -> dict[str, object]:
    found = re.match(r"---\n(.*?)\n---\n", readme, flags=re.S)
    assert found is not None
    facts: dict[str, object] = yaml.safe_load(found[1])
    return facts


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_space_holds_the_program_its_requirements_and_the_checkpoints(
    checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert space(tmp_path / "out", "--checkpoints", checkpoints, "--title", "Our flowers: 花") == 0
    assert "checkpoints: beta, alpha" in capsys.readouterr().out
    files = names(tmp_path / "out")
    facts = front_matter((tmp_path / "out" / "README.md").read_text(encoding="utf-8"))
    assert facts["title"] == "Our flowers: 花"
    assert (facts["sdk"], facts["sdk_version"]) == ("gradio", metadata.version("gradio"))
    assert facts["app_file"] in files
    assert tuple(map(int, str(facts["python_version"]).split("."))) >= (3, 11)
    assert {"models", "thumbnail"}.isdisjoint(facts)  # neither is known here
    assert 0 < len(str(facts["short_description"])) <= MOST_SHORT
    assert {"checkpoints/alpha/model.safetensors", "checkpoints/beta/config.json", "LICENSE"} <= files
    assert (tmp_path / "out" / "checkpoints" / "default").read_text(encoding="utf-8") == "beta"
    assert not [name for name in files if re.match(r"tests/|docs/|training/(?!core/|__init__)", name)]
    assert not [name for name in files if name.endswith((".pt", ".pyc", ".json", ".ts")) and "config.json" not in name]
    sources = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "studio").rglob("*.py")}
    sources = {name for name in sources if "node_modules" not in name}
    assert sources <= files


def test_the_program_of_a_space_needs_nothing_outside_it(checkpoints: Path, tmp_path: Path) -> None:
    assert space(tmp_path / "out", "--checkpoints", checkpoints / "alpha") == 0
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'out')!r}); {IMPORTS}"
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == f"{tmp_path / 'out' / 'training' / '__init__.py'}\n", done.stderr


def test_the_requirements_are_the_programs_with_torch_for_the_cpu() -> None:
    index, *lines = requirements(zero_gpu=False)
    assert index == "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert {Requirement(line).name for line in lines} >= {"torch", "torchvision", "gradio", "safetensors", "timm"}


def test_zero_gpu_gets_torch_with_cuda_in_a_version_that_it_runs() -> None:
    found = {one.name: one for one in map(Requirement, requirements(zero_gpu=True))}
    assert "spaces" in found
    assert found["torch"].specifier.contains("2.11.0")
    assert not found["torch"].specifier.contains("2.12.0")


def test_a_space_is_written_again_and_anything_else_stays(
    checkpoints: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for chosen in (checkpoints, checkpoints / "beta"):
        assert space(out, "--checkpoints", chosen) == 0
        (out / "desktop.ini").touch()
    assert not (out / "checkpoints" / "alpha").exists()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    assert space(out, "--checkpoints", checkpoints) == 2
    assert "holds notes.txt, which is no part of a Space" in capsys.readouterr().err
    other = tmp_path / "other"
    other.mkdir()
    (other / "README.md").write_text("---\ntitle: another one\n---\n", encoding="utf-8")
    assert space(other, "--checkpoints", checkpoints) == 2
    assert "was not written by this command" in capsys.readouterr().err
    assert names(other) == {"README.md"}


@pytest.mark.usefixtures("hub_server")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--checkpoints", "nowhere"], "There is no folder nowhere; --checkpoints names where checkpoints are."),
        (["--checkpoints", "empty"], "empty holds no checkpoint."),
        (["--checkpoints", "mine", "mine"], "Two checkpoints are called alpha"),
        (["--checkpoints", "mine", "--private"], "--private is for --push owner/name."),
        (["--checkpoints", "mine", "--push", "a/b"], "Uploading to a/b needs a token that may write"),
    ],
)
def test_what_cannot_be_written_is_told_and_nothing_is_left(
    words: list[str], said: str, checkpoints: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkpoints.parent)
    Path("empty").mkdir()
    assert space(Path("out"), *words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
    assert not Path("out").exists()


@pytest.mark.parametrize("words", [["--title", ""], ["--title", "x" * 81], ["--push", "alone"], ["--push", "a/../b"]])
def test_a_title_and_a_name_that_the_hub_would_refuse_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        space(Path("out"), *words)
    assert ended.value.code == 2
