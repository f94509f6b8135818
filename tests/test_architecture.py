"""Who may import whom, what may be done where, and what may be in the repository.

Every rule is a function from a source or a list of files to what is wrong with it, and every rule must also catch a
made-up offender: a rule that finds nothing anywhere would prove nothing.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

PROJECT = Path(__file__).parents[1]
TABLES: dict[str, set[str]] = {  # files of tricks, and what of ours each may import
    "training/tricks/losses.py": set(),
    "training/tricks/regularizers.py": {"training.core.sharding"},  # whose rows a random number is drawn for
    "training/tricks/augmentation.py": {"training.core.sharding"},
    "training/core/normalization.py": set(),
    "training/tricks/initialization.py": {"training.core.normalization"},
}
OURS = ("training", "studio", "app", "tests")
TOP_LEVEL = {
    *("studio", "training", "tests", "checkpoints", "docs"),
    *("app.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"),
}
CHECKPOINT_FILES = {"config.json", "model.safetensors", "raw.safetensors", "metrics.jsonl", "preview.jpg", "README.md"}
CHECKPOINTS_BYTES = 60_000_000
LADDER_PICTURES = {".github/ladder.jpg", ".github/ladder.png"}
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
ARCHIVES = {".pt", ".pth", ".pkl", ".pickle", ".npy", ".npz", ".zip", ".tar", ".gz", ".tgz", ".mat", ".onnx", ".bin"}
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w")

Rule = Callable[[str, str], list[str]]


def imports(source: str) -> Iterator[str]:
    """Name every module that a source imports, at any depth; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)


def of(name: str, packages: Iterable[str]) -> bool:
    """Tell whether a module is one of these packages or lies in one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def relative_imports(path: str, source: str) -> list[str]:
    """Find imports that the other rules cannot read."""
    return [name for name in imports(source) if name.startswith(".")]


def app_knows_the_page_only(path: str, source: str) -> list[str]:
    """Find what app.py imports of the studio and of Gradio beyond the page and what it prepares in a Space."""
    if path != "app.py":
        return []
    allowed = ("studio.ui.page", "studio.space.runtime")
    return [name for name in imports(source) if of(name, ("gradio", "studio")) and not of(name, allowed)]


def tables_import_nothing_of_ours(path: str, source: str) -> list[str]:
    """Find what a table of tricks imports of this project."""
    if path not in TABLES:
        return []
    return [name for name in imports(source) if of(name, OURS) and not of(name, TABLES[path])]


def names_used(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Spell out every name and attribute with the imported names put back: `np.random.rand` -> `numpy.random.rand`."""
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name.split(".")[0]: alias.name for alias in node.names if alias.asname}
        if isinstance(node, ast.ImportFrom):
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            first, *rest = ast.unparse(node).split(".")
            yield ".".join([known.get(first, first), *rest]), node


def pickles_are_read_in_one_place(path: str, source: str) -> list[str]:
    """Find torch.load outside checkpoint.py or without weights_only=True there, and pickle's own loading anywhere."""
    loads = ("torch.load", "torch.serialization.load")
    tree = ast.parse(source)
    safe = {
        id(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(is_weights_only(keyword) for keyword in node.keywords)
    }
    found = []
    for name, node in names_used(tree):
        if name in loads and (path != "training/core/checkpoint.py" or id(node) not in safe):
            found.append(name)
        if of(name, ("pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "dill.load", "dill.loads")):
            found.append(name)
    return found


def is_weights_only(keyword: ast.keyword) -> bool:
    return keyword.arg == "weights_only" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True


def numpy_draws_in_one_place(path: str, source: str) -> list[str]:
    """Find numpy.random outside latents.py."""
    if path == "training/core/latents.py":
        return []
    names = [*imports(source), *(name for name, _ in names_used(ast.parse(source)))]
    return [name for name in names if of(name, ("numpy.random", "random.RandomState"))]


RULES: list[tuple[Rule, str, str]] = [  # each with a made-up offender
    (app_knows_the_page_only, "app.py", "from gradio import Blocks"),
    (app_knows_the_page_only, "app.py", "from studio.rendering.renderer import Renderer"),
    (relative_imports, "training/runs/trainer.py", "from .loop import train"),
    (relative_imports, "studio/ui/page.py", "from .. import catalog"),
    (tables_import_nothing_of_ours, "training/tricks/losses.py", "from training.core.pixels import to_float"),
    (tables_import_nothing_of_ours, "training/tricks/regularizers.py", "import studio.checkpoints.catalog"),
    (tables_import_nothing_of_ours, "training/tricks/initialization.py", "from training.tricks.losses import LOSSES"),
    (pickles_are_read_in_one_place, "training/core/dataset.py", "import torch\ntorch.load('x', weights_only=True)"),
    (pickles_are_read_in_one_place, "training/core/checkpoint.py", "import torch\ntorch.load('x')"),
    (
        pickles_are_read_in_one_place,
        "training/core/checkpoint.py",
        "import torch as t\nt.load('x', weights_only=False)",
    ),
    (pickles_are_read_in_one_place, "studio/checkpoints/catalog.py", "from torch import load as read\nread('x')"),
    (pickles_are_read_in_one_place, "studio/checkpoints/catalog.py", "import torch\nread = torch.load"),
    (pickles_are_read_in_one_place, "training/core/checkpoint.py", "from pickle import loads\nloads(b'x')"),
    (numpy_draws_in_one_place, "training/core/dataset.py", "import numpy as np\nnp.random.default_rng(0)"),
    (numpy_draws_in_one_place, "studio/rendering/renderer.py", "from numpy import random"),
    (numpy_draws_in_one_place, "app.py", "import numpy.random as noise"),
]
INNOCENT = [
    (
        "studio/checkpoints/catalog.py",
        "from training.core import checkpoint\nfrom training.core.tile import seed_tile",
    ),
    ("studio/exploration/nearest_training.py", "from studio.exploration.training_features import open_pictures"),
    ("studio/ui/page.py", "import gradio as gr\nfrom studio.ui.explore import tab as explore"),
    ("app.py", "from studio.ui.page import build"),
    ("training/tricks/initialization.py", "from training.core.normalization import LAYERS"),
    ("training/core/latents.py", "import numpy as np\nnp.random.RandomState(0)"),
    ("training/core/checkpoint.py", "import pickle, torch\ntorch.load('x', weights_only=True)\npickle.UnpicklingError"),
]


def sources() -> list[str]:
    """List the program's own sources."""
    return [path for path in files() if path.endswith(".py") and not path.startswith("tests/")]


def files() -> list[str]:
    """List the files of the repository: those that git tracks, or would."""
    command = ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return sorted({path for path in listed.split("\0") if path and (PROJECT / path).is_file()})


@pytest.mark.parametrize("rule", dict.fromkeys(rule for rule, _, _ in RULES), ids=lambda rule: rule.__name__)
def test_the_program_keeps_the_rule(rule: Rule) -> None:
    assert len(sources()) > 20
    found = {path: rule(path, (PROJECT / path).read_text(encoding="utf-8")) for path in sources()}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(("rule", "path", "source"), RULES)
def test_the_rule_catches_an_offender(rule: Rule, path: str, source: str) -> None:
    assert rule(path, source)


@pytest.mark.parametrize(("path", "source"), INNOCENT)
def test_the_rules_let_the_innocent_pass(path: str, source: str) -> None:
    assert [rule.__name__ for rule in dict.fromkeys(rule for rule, _, _ in RULES) if rule(path, source)] == []


def contract(name: str) -> dict[str, Any]:
    """Return a contract of import-linter's, as pyproject.toml has it."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    (found,) = (one for one in settings["tool"]["importlinter"]["contracts"] if one["name"] == name)
    return dict(found)


def test_the_contracts_of_who_may_import_whom_are_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Contracts: 5 kept, 0 broken." in done.stdout


def test_every_room_is_under_a_contract() -> None:
    rooms = {f"training.{path.parent.name}" for path in (PROJECT / "training").glob("*/__init__.py")}
    assert rooms - {"training.core"} <= set(contract("training.core imports nothing else of ours")["forbidden_modules"])
    assert rooms - {"training.core"} <= set(contract("studio takes of training the core only")["forbidden_modules"])
    tabs = {f"studio.ui.{path.parent.name}" for path in (PROJECT / "studio" / "ui").glob("*/tab.py")}
    assert tabs == set(contract("no tab imports another")["modules"])
    modules = {f"studio.{path.stem}" for path in (PROJECT / "studio").glob("*.py") if not path.stem.startswith("__")}
    modules |= {f"studio.{path.parent.name}" for path in (PROJECT / "studio").glob("*/__init__.py")} - {"studio.ui"}
    assert modules == set(contract("Gradio is known to studio.ui alone")["source_modules"])


def unexpected_top_level(paths: Iterable[str]) -> list[str]:
    """Find what has no place at the top of the repository."""
    return [path for path in paths if (top := path.split("/")[0]) not in TOP_LEVEL and not top.startswith(".")]


def unexpected_content(paths: Iterable[str]) -> list[str]:
    """Find what is no source: weights and pictures other than those of a checkpoint, pickles, archives, photographs."""
    return [path for path in paths if not is_expected(PurePosixPath(path))]


def is_expected(path: PurePosixPath) -> bool:
    if path.parts[0] == "checkpoints":
        return path.name in CHECKPOINT_FILES if len(path.parts) == 3 else str(path) == "checkpoints/default"
    if path.suffix.lower() in PICTURES:
        return str(path) in LADDER_PICTURES or (path.suffix == ".png" and "screenshot" in path.name)
    return path.suffix.lower() not in {*ARCHIVES, ".safetensors"}


def machine_paths(text: str) -> list[str]:
    """Find paths that exist on somebody's machine only."""
    return MACHINE_PATHS.findall(text)


def test_the_top_of_the_repository_holds_only_what_belongs_there() -> None:
    assert unexpected_top_level(files()) == []


def test_the_repository_holds_sources_and_checkpoints_and_no_photographs() -> None:
    assert unexpected_content(files()) == []


def test_an_unexpected_file_is_caught() -> None:
    strange = ["notes.txt", "runs/a/config.json", "setup.py"]
    assert unexpected_top_level([*strange, "app.py", ".ci/run", "tests/x.py"]) == strange
    strange = [
        *("checkpoints/a/state.pt", "checkpoints/a/weights.pkl", "checkpoints/a/b/model.safetensors", "checkpoints/x"),
        "checkpoints/a/preview.png",
        *(
            "ladder.jpg",
            ".github/flower.jpg",
            "tests/image_00001.jpg",
            "tests/flower.PNG",
            "training/data.safetensors",
            "tests/data.npz",
        ),
    ]
    fine = [
        ".github/ladder.jpg",
        "checkpoints/default",
        "checkpoints/a/model.safetensors",
        "studio/ui/shared/page.css",
        "tests/screenshot.png",
    ]
    assert unexpected_content([*strange, *fine]) == strange


def test_shipped_checkpoints_are_small() -> None:
    sizes = [(PROJECT / path).stat().st_size for path in files() if path.startswith("checkpoints/")]
    assert sum(sizes) < CHECKPOINTS_BYTES


def test_shipped_weights_are_safetensors_and_nothing_else() -> None:
    from safetensors import safe_open

    for path in (path for path in files() if path.endswith(".safetensors")):
        with safe_open(PROJECT / path, framework="np") as file:
            assert list(file.keys()), path


def test_no_text_names_a_path_of_somebodys_machine() -> None:
    texts = [path for path in files() if PurePosixPath(path).suffix not in {*PICTURES, ".safetensors", ".woff2"}]
    found = {path: machine_paths((PROJECT / path).read_text(encoding="utf-8")) for path in texts}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("folder", ["work", "root", "home", "Users"])
def test_a_path_of_somebodys_machine_is_caught(folder: str) -> None:
    assert machine_paths(f"see /{folder}/me/runs")
    assert not machine_paths(f"https://example.org/{folder}/me")


def test_no_two_test_files_have_the_same_name() -> None:
    names = [path.name for path in (PROJECT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
