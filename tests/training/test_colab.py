"""The notebook itself is executed, off Colab: made-up pictures, a stand-in for google.colab and for pip, no network."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import signal
import site
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from IPython.display import SVG
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from studio.qr_code import to_svg
from studio.race.tile_file import file_name
from tests import published_address
from tests.hub_server import WRITER, Hub
from training.recipes.presets import RECIPES

PROJECT = Path(__file__).parents[2]
NOTEBOOK = PROJECT / "training" / "colab.ipynb"
STEPS = ("install", "data", "curves", "train", "studio", "publish", "hand-in")
CONSTRAINTS = PROJECT / "tests" / "constraints-colab.txt"
COURSE = "Colab Notebooks/OxfordFlower"
REPO = "somebody/flowers"
DRIVE = """
from pathlib import Path

def mount(path):
    if {refuse}:
        raise ValueError("mount failed")
    (Path(path) / "MyDrive").mkdir(parents=True, exist_ok=True)
"""
USERDATA = """
def get(name):
    token = {token!r}
    if token is None:
        raise KeyError(name)
    return token if name == "HF_TOKEN" else None
"""
FILES = """
from pathlib import Path

def download(name):
    Path(__file__).with_name("downloaded.txt").write_text(name)
"""
IN_COLAB = """
import sys
from importlib.abc import MetaPathFinder

class Colab(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "gradio.http_server":  # the last of Gradio's that is imported before it asks where it is
            from gradio import utils

            utils.colab_check = lambda: True
        return None

sys.meta_path.insert(0, Colab())
"""
NVIDIA_SMI = "#!/bin/sh\necho '{said}'\nexit {code}\n"
PIP = """
import json, sys
from pathlib import Path

Path(__file__).with_name("arguments.json").write_text(json.dumps(sys.argv[1:]))
"""
ASK_THE_STUDIO = """
from urllib.request import urlopen

page = urlopen(demo.local_url).read().decode()
print("the page names the run:", "dcgan-0" in page)
print("the studio can look for copies:", '"copies":true' in page)
print("it shows", demo._studio.root, "and keeps", demo._studio.added.folder.parent, "at", demo.local_url)
print("threads that draw:", [thread.name for thread in __import__("threading").enumerate()].count("render"))
print("tunnels:", len(__import__("gradio").tunneling.CURRENT_TUNNELS))
"""
TUNNELS = """
import subprocess, sys
from importlib.abc import MetaPathFinder

class Stand(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "gradio.http_server":  # the last of Gradio's that is imported before a tunnel is begun
            from gradio import networking
            from gradio.tunneling import CURRENT_TUNNELS, Tunnel
            begun = []

            def setup(local_host, local_port, **_):
                tunnel = Tunnel("tunnel.example", 1, local_host, local_port, "token", None)
                tunnel.proc = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
                CURRENT_TUNNELS.append(tunnel)
                begun.append(tunnel)
                return f"https://{len(begun)}.gradio.live"

            networking.setup_tunnel = setup
            ok = networking.url_ok
            networking.url_ok = lambda url: url.endswith("gradio.live") or ok(url)
        return None

sys.meta_path.insert(0, Stand())
"""
PIP_THAT_CHANGES_TORCH = """
from pathlib import Path

folder = Path(__file__).parents[1] / "torch-0.0.1.dist-info"
folder.mkdir()
(folder / "METADATA").write_text("Metadata-Version: 2.1\\nName: torch\\nVersion: 0.0.1\\n")
"""


def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_cells() -> list[Any]:
    return [cell for cell in notebook().cells if cell.cell_type == "code"]


def with_values(source: str, values: dict[str, object]) -> str:
    """Put values into the form fields of a cell."""
    for name, value in values.items():
        line = f"{name} = {value!r}".replace("\\", r"\\")
        source = re.sub(rf"(?m)^{name} = .*?(?=  # @param)", line, source)
    return source


@dataclass
class Colab:
    """A machine that looks like Colab to the notebook; `python` runs its cells."""

    root: Path
    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.root / "content"

    @property
    def drive(self) -> Path:
        return self.folder / "drive" / "MyDrive"

    @property
    def pip_arguments(self) -> list[str]:
        return json.loads((self.root / "packages" / "pip" / "arguments.json").read_text())

    def new_runtime(self) -> None:
        """Lose everything but the Drive, as at the end of a runtime."""
        for path in self.folder.iterdir():
            if path.name != "drive":
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def install(self, name: str, source: str) -> None:
        file = self.root / "packages" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)

    def choose_gpu(self, said: str, code: int = 0) -> None:
        """Give the machine the program that tells of GPUs."""
        file = self.root / "bin" / "nvidia-smi"
        file.parent.mkdir(exist_ok=True)
        file.write_text(NVIDIA_SMI.format(said=said, code=code))
        file.chmod(0o755)

    def environment(self) -> dict[str, str]:
        programs = (str(self.root / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HF_", "GAN_RACE"))},
            **self.variables,
            "PATH": os.pathsep.join(programs),
            "TMPDIR": str(self.root / "tmp"),  # where TensorBoard notes its processes
            "HF_HOME": str(self.root / "huggingface"),
            "GAN_RACE_CACHE": str(self.root / "cache"),
            "PYTHONPATH": str(self.root / "packages"),
            "IPYTHONDIR": str(self.root / "ipython"),
            "GRADIO_ANALYTICS_ENABLED": "False",
            "OMP_NUM_THREADS": "1",
            "PIP_DRY_RUN": "1",  # should the real pip ever be reached, it must change nothing
        }

    def run(self, *steps: str, cwd: Path = PROJECT, **values: object) -> dict[str, str]:
        """Execute cells in a new kernel and return what each printed."""
        printed = self.run_in_turn(*((step, values) for step in steps), cwd=cwd)
        return dict(zip(steps, printed, strict=True))

    def run_in_turn(self, *steps: tuple[str, dict[str, object]], cwd: Path = PROJECT) -> list[str]:
        """Execute cells in a new kernel, each with values of its own, and return what each printed."""
        book = notebook()
        cells = {cell.id: cell for cell in book.cells}
        book.cells = [deepcopy(cells[step]) for step, _ in steps]
        for cell, (step, values) in zip(book.cells, steps, strict=True):
            cell.id = uuid4().hex
            cell.source = with_values(cell.source, {"FOLDER": str(self.folder), **values})
            cell.source += ASK_THE_STUDIO if step == "studio" else ""
        place = {"metadata": {"path": str(cwd)}}
        client = NotebookClient(book, timeout=240, kernel_name=self.kernel(), resources=place)
        client.execute(env=self.environment())
        return ["".join(map(output_text, cell.outputs)) for cell in book.cells]

    def kernel(self) -> str:
        """Write how Jupyter starts this machine's Python, and return its name for that."""
        file = self.root / "jupyter" / "kernels" / "colab" / "kernel.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        command = [self.python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        file.write_text(json.dumps({"argv": command, "display_name": "Colab", "language": "python"}))
        return file.parent.name

    def end_tensorboards(self) -> None:
        """End what outlives the kernel that started it."""
        for file in (self.root / "tmp" / ".tensorboard-info").glob("pid-*.info"):
            with suppress(ProcessLookupError):
                os.kill(json.loads(file.read_text())["pid"], signal.SIGTERM)


def output_text(output: Any) -> str:
    return output.get("text") or " ".join(output.get("data", {}))


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Colab]:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    machine = Colab(tmp_path)
    for folder in (machine.folder, tmp_path / "tmp"):
        folder.mkdir()
    machine.install("google/colab/__init__.py", "")
    machine.install("google/colab/drive.py", DRIVE.format(refuse=False))
    machine.install("google/colab/userdata.py", USERDATA.format(token=None))
    machine.install("google/colab/files.py", FILES)
    machine.install("pip/__init__.py", "")
    machine.install("pip/__main__.py", PIP)
    command = [sys.executable, "-c", "import pip; print(pip.__file__)"]
    found = subprocess.run(command, env=machine.environment(), capture_output=True, text=True, check=True).stdout
    assert found.startswith(str(tmp_path)), "the stand-in for pip does not stand in"
    yield machine
    machine.end_tensorboards()


@pytest.fixture
def hub_of_colab(colab: Colab, hub_server: Hub) -> Hub:
    """Return a stand-in for the Hub, whose token is a secret of the notebook."""
    colab.install("google/colab/userdata.py", USERDATA.format(token=WRITER))
    colab.variables = {"HF_ENDPOINT": hub_server.url, "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1,localhost"}
    return hub_server


@pytest.fixture(scope="session")
def python_of_colab(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a Python with the versions that Colab has, above the packages of this one (torch is the same)."""
    folder = tmp_path_factory.mktemp("colab")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "below.pth").write_text("\n".join(site.getsitepackages()))
    command = [python, "-m", "pip", "install", "--quiet", "--requirement", str(CONSTRAINTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"Colab's versions cannot be installed: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stderr
    return python


def saved_images(runs: Path) -> int:
    """Return the images of the only checkpoint of the only run."""
    (config,) = runs.glob("*/*/config.json")
    return int(json.loads(config.read_text())["about"]["images"])


def pinned() -> dict[str, str]:
    lines = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_cell_runs_on_the_versions_that_colab_has(
    colab: Colab, hub_of_colab: Hub, python_of_colab: str, make_pictures: Callable[..., Path]
) -> None:
    """From the course's folder on the Drive to the text to paste, with a Hub that stands in."""
    colab.python = python_of_colab
    asked = f"from importlib.metadata import version; print(*map(version, {list(pinned())}))"
    found = subprocess.run([python_of_colab, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert found == list(pinned().values())
    colab.install("sitecustomize.py", IN_COLAB)
    colab.choose_gpu("GPU 0: Tesla T4 (UUID: GPU-0)")
    make_pictures(colab.drive / COURSE, side=128)
    values = {"RECIPE": "dcgan", "MINUTES": 0.001, "SHARE": False, "HUB": REPO, "PRIVATE": False, "TILE_SEED": "7"}
    printed = colab.run(*STEPS, **values)

    assert "GPU 0: Tesla T4" in printed["install"]
    assert f"The course's pictures are there: MyDrive/{COURSE}\n" in printed["data"]
    assert "12 images written to" in printed["data"]
    assert "application/javascript" in printed["curves"]  # TensorBoard, by the port that Colab passes on
    assert "the budget is used up: 32 images" in printed["train"]
    assert "the page names the run: True" in printed["studio"]
    assert "application/javascript" in printed["studio"]  # the page below the cell, by the port that Colab passes on
    head = hub_of_colab.repos["model", REPO].head
    assert f"published: hf://{REPO}@{head}\n" in printed["publish"]
    assert f"https://huggingface.co/{REPO}/tree/{head}\n" in printed["publish"]
    sha256 = hashlib.sha256(hub_of_colab.repos["model", REPO].commits[head]["model.safetensors"]).hexdigest()
    tile = colab.folder / "gan-race-tiles" / file_name(sha256, 7)
    for line in (
        *(f"Checkpoint: hf://{REPO}@{head}", f"Hash: {sha256}", "Seed: 7", "Truncation ψ: 1", f"File: {tile.name}"),
        *("Verified: PASS (exact)", f"Link: https://huggingface.co/{REPO}/tree/{head}"),
    ):
        assert f"\n{line}\n" in f"{printed['hand-in']}\n"
    assert (colab.drive / "gan-race" / "tiles" / tile.name).read_bytes() == tile.read_bytes()
    assert (colab.root / "packages" / "google" / "colab" / "downloaded.txt").read_text() == str(tile)
    assert WRITER not in "".join(printed.values())


@pytest.mark.slow
def test_a_tile_is_handed_in_again_with_another_seed_and_from_another_checkpoint(
    colab: Colab, make_pictures: Callable[..., Path], tmp_path: Path
) -> None:
    """Without a publication the run is meant that was trained last, in this runtime or in an earlier one."""
    pictures = {"DATA": str(make_pictures(tmp_path / "flowers", side=128)), "MINUTES": 0.001, "RECIPE": "dcgan"}
    colab.run("install", "data", "train", **pictures, NAME="first try")
    colab.run("install", "data", "train", **pictures, SEED=1)
    said = colab.run_in_turn(
        *(("install", {}), ("data", pictures), ("hand-in", {}), ("hand-in", {"TILE_SEED": "3", "DOWNLOAD": False})),
        ("hand-in", {"TILE_SEED": "4", "PSI": 0.5, "CHECKPOINT": "first try", "DOWNLOAD": False}),
    )
    assert "There is no seed to hand in yet" in said[2]
    assert "\nCheckpoint: dcgan-1\n" in said[3]
    assert "\nSeed: 3\nTruncation ψ: 1\n" in said[3]
    assert "\nCheckpoint: first try\n" in said[4]
    assert "\nSeed: 4\nTruncation ψ: 0.5\n" in said[4]
    assert all("\nVerified: PASS (exact)\nLink: -" in one for one in said[3:])
    tiles = colab.drive / "gan-race" / "tiles"
    assert sorted(path.name.partition("_seed")[2] for path in tiles.iterdir()) == ["3.png", "4_psi0.5.png"]
    with pytest.raises(CellExecutionError, match="'seven' is no seed; 0 to 4294967295 are allowed"):
        colab.run("install", "data", "hand-in", **pictures, TILE_SEED="seven")
    with pytest.raises(CellExecutionError, match=r"- and spaces, not '\.\./up'"):
        colab.run("install", "data", "train", **pictures, NAME="../up")


@pytest.mark.slow
def test_without_a_secret_and_without_a_run_the_last_cells_say_what_they_want(colab: Colab) -> None:
    data = {"DATA": "unused", "USE_DRIVE": False}
    packed = colab.folder / "gan-race-data" / "unused-942c48f9.safetensors"
    packed.parent.mkdir()
    packed.write_bytes(b"as if packed earlier")
    assert "Nothing was published" in colab.run("install", "data", "publish", **data)["publish"]
    with pytest.raises(CellExecutionError, match="There is no run yet, train first"):
        colab.run("install", "data", "publish", **data, HUB=REPO)
    shutil.copytree(PROJECT / "checkpoints" / "dcgan", colab.folder / "gan-race" / "runs" / "dcgan-0" / "000024000")
    with pytest.raises(CellExecutionError, match="needs a token that may write") as refused:
        colab.run("install", "data", "publish", **data, HUB=REPO)
    assert "The secret HF_TOKEN is not available: KeyError" in str(refused.value)


@pytest.mark.slow
def test_the_courses_pictures_are_packed_once_and_again_when_that_is_requested(
    colab: Colab, make_pictures: Callable[..., Path], tmp_path: Path
) -> None:
    course = make_pictures(colab.drive / COURSE, count=3, side=128)
    printed = colab.run("install", "data")["data"]
    assert "3 images written to" in printed
    (course / "picture_002.png").unlink()
    for runtime in ("the same", "a new one"):
        said = colab.run("install", "data")["data"]
        assert "Packed earlier (PACK_AGAIN packs anew): OxfordFlower-" in said, runtime
        assert "images written" not in said
        colab.new_runtime()
    assert "2 images written to" in colab.run("install", "data", PACK_AGAIN=True)["data"]
    assert len(list((colab.drive / "gan-race" / "data").iterdir())) == 1
    shutil.make_archive(str(course), "zip", make_pictures(tmp_path / "others", count=4, side=128))
    said = colab.run("install", "data")["data"]
    assert f"The course's pictures are there: MyDrive/{COURSE}.zip\n" in said
    assert "4 images written to" in said
    assert not list((colab.folder / "gan-race-data").glob("*.zip"))


@pytest.mark.slow
def test_pictures_that_were_downloaded_for_earlier_runs_stay_the_data_of_these(
    colab: Colab, make_pictures: Callable[..., Path]
) -> None:
    make_pictures(colab.drive / COURSE, side=128)
    earlier = colab.drive / "gan-race" / "data" / "flowers102-00000000.safetensors"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"as if downloaded earlier")
    printed = colab.run("install", "data")["data"]
    assert f"Packed earlier (PACK_AGAIN packs anew): {earlier.name}" in printed
    assert (colab.folder / "gan-race-data" / earlier.name).read_bytes() == earlier.read_bytes()


@pytest.mark.slow
def test_a_drive_that_takes_no_copy_or_has_broken_holds_nothing_up(
    colab: Colab, make_pictures: Callable[..., Path]
) -> None:
    make_pictures(colab.drive / COURSE, count=3, side=128)
    (colab.drive / "gan-race").mkdir()
    (colab.drive / "gan-race" / "data").write_text("a file where the folder would be")
    printed = colab.run("install", "data")["data"]
    assert "Not copied to the Drive, all else goes on" in printed
    assert "Data: " in printed
    shutil.rmtree(colab.folder / "drive")
    colab.install("google/colab/drive.py", "def mount(path):\n    print('Drive already mounted')\n")
    printed = colab.run("install", "data", DATA=str(make_pictures(colab.root / "pictures", count=3, side=128)))
    assert "Drive is not available: FileNotFoundError" in printed["data"]


@pytest.mark.slow
@pytest.mark.parametrize(("said", "code"), [("NVIDIA-SMI has failed", 9), (None, 0)])
def test_a_runtime_without_a_gpu_is_told_so_before_anything_is_packed(
    colab: Colab, said: str | None, code: int
) -> None:
    if said is not None:
        colab.choose_gpu(said, code)
    assert "text/html" in colab.run("install")["install"]


@pytest.mark.slow
def test_a_clone_of_another_address_is_not_taken_for_the_one_that_is_asked_for(colab: Colab, tmp_path: Path) -> None:
    first, second = (published(tmp_path / name) for name in ("first", "second"))
    colab.run("install", cwd=tmp_path, REPOSITORY=first)
    with pytest.raises(CellExecutionError, match=f"is a clone of another address than {second}"):
        colab.run("install", cwd=tmp_path, REPOSITORY=second)


@pytest.mark.slow
def test_run_all_trains_and_opens_the_studio_and_a_new_runtime_resumes(
    colab: Colab, make_pictures: Callable[..., Path], tmp_path: Path
) -> None:
    shutil.make_archive(str(tmp_path / "flowers"), "zip", make_pictures(tmp_path / "flowers", side=128))
    values = {"DATA": str(tmp_path / "flowers.zip"), "RECIPE": "dcgan", "MINUTES": 0.001, "SHARE": False}
    runs = colab.drive / "gan-race" / "runs"

    printed = colab.run(*STEPS, **values)
    assert "text/html" in printed["install"]  # the box that says that there is no GPU
    assert "12 images written to" in printed["data"]
    assert "the budget is used up: 32 images" in printed["train"]
    assert "text/html" in printed["train"]  # the box that says that there is no GPU
    assert "# NO GPU #" in printed["train"]
    assert "image/jpeg" in printed["train"]
    assert "application/javascript" in printed["curves"]
    assert len(list((colab.folder / "gan-race-local").glob("dcgan-0-*/tensorboard/events.*"))) == 1
    assert "text/html" in printed["studio"]  # the page below the cell
    assert "the page names the run: True" in printed["studio"]
    assert "the studio can look for copies: True" in printed["studio"]
    assert "There is no public link" in printed["studio"]
    assert saved_images(runs) == 32
    assert not list(runs.glob("*/tensorboard"))
    assert "Nothing was published" in printed["publish"]
    assert "There is no seed to hand in yet" in printed["hand-in"]

    colab.new_runtime()
    printed = colab.run("install", "data", "train", **values)
    assert "Packed earlier" in printed["data"]
    assert "from image 32 " in printed["train"]
    assert saved_images(runs) == 64


@pytest.mark.slow
def test_cells_that_are_run_again_with_another_choice_show_what_was_chosen(
    colab: Colab, make_pictures: Callable[..., Path], tmp_path: Path
) -> None:
    """The Drive is allowed, and the link is given up, once the studio is open."""
    colab.install("sitecustomize.py", TUNNELS)
    data = {"DATA": str(make_pictures(tmp_path / "flowers", side=128))}
    printed = colab.run_in_turn(
        *(("install", {}), ("data", {**data, "USE_DRIVE": False}), ("studio", {"SHARE": True})),
        *(("data", {**data, "USE_DRIVE": True}), ("studio", {"SHARE": True}), ("studio", {"SHARE": False})),
    )
    local, drive = colab.folder / "gan-race", colab.drive / "gan-race"
    for text, place, tunnels in ((printed[2], local, 1), (printed[4], drive, 1), (printed[5], drive, 0)):
        assert f"it shows {place / 'runs'} and keeps {place / 'studio'} at" in text
        assert "threads that draw: 1\n" in text
        assert f"tunnels: {tunnels}\n" in text
    assert "Public link: https://1.gradio.live" in printed[2]
    assert "Public link: https://2.gradio.live" in printed[4]
    assert "There is no public link" in printed[5]


@pytest.mark.slow
def test_auto_lets_the_command_choose_and_goes_on_with_what_a_run_was_begun_with(
    colab: Colab, make_pictures: Callable[..., Path], tmp_path: Path
) -> None:
    pictures = make_pictures(tmp_path / "flowers", side=128)
    values = {"DATA": str(pictures), "MINUTES": 0.001}
    runs = colab.drive / "gan-race" / "runs"
    colab.run("install", "data", "train", **values, RECIPE="dcgan")
    (runs / "dcgan-0").rename(runs / "auto-0")
    printed = colab.run("install", "data", "train", **values)["train"]
    assert "text/html" in printed  # the box that says that there is no GPU
    assert "recipe: dcgan, " in printed
    assert "which goes on from 32 images" in printed
    assert "to expect here: in 0 seconds " in printed
    assert "the same command goes on" in printed
    assert saved_images(runs) == 64


def test_the_public_link_is_shown_as_text_and_as_a_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[bool] = []
    demo = SimpleNamespace(
        launch=lambda share, inline, height: asked.append(share and inline),
        share_url="https://0123456789abcdef.gradio.live",
    )
    shown: list[SVG] = []
    monkeypatch.setitem(sys.modules, "app", SimpleNamespace(demo=demo))
    monkeypatch.setattr("IPython.display.display", shown.append)
    for name in ("GAN_RACE_CHECKPOINTS", "GAN_RACE_STATE", "GAN_RACE_DATA"):
        monkeypatch.setenv(name, "before")  # and put it back after
    source = next(cell.source for cell in code_cells() if cell.id == "studio")
    places = {"RUNS": tmp_path, "STORE": tmp_path, "PACKED": tmp_path / "packed", "PROJECT": PROJECT}
    exec(source, {"os": os, "sys": sys, **places})
    assert asked == [True]
    assert "公開リンク / Public link: https://0123456789abcdef.gradio.live\n" in capsys.readouterr().out
    (code,) = shown
    assert re.search(r'<svg [^>]*width="240" height="240" viewBox=', code.data)
    assert re.findall("<path.*", code.data) == re.findall("<path.*", to_svg(demo.share_url).decode().strip())


@pytest.mark.slow
def test_the_install_pins_torch(colab: Colab) -> None:
    from importlib.metadata import version

    colab.run("install")
    assert colab.pip_arguments[-2:] == ["--editable", str(PROJECT)]
    constraints = Path(colab.pip_arguments[colab.pip_arguments.index("--constraint") + 1]).read_text()
    assert f"torch=={version('torch')}\n" in constraints


@pytest.mark.slow
def test_an_install_that_changes_torch_stops_the_notebook(colab: Colab) -> None:
    colab.install("pip/__main__.py", PIP_THAT_CHANGES_TORCH)
    with pytest.raises(CellExecutionError, match="torch has changed"):
        colab.run("install")


def published(origin: Path) -> str:
    """Make a repository that can be cloned, and return its address."""
    origin.mkdir()
    (origin / "pyproject.toml").write_text("")
    git = ["git", "-C", str(origin), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Begin"]):
        subprocess.run([*git, *command], check=True)
    return origin.as_uri()


@pytest.mark.slow
def test_away_from_the_project_the_notebook_clones_it_once(colab: Colab, tmp_path: Path) -> None:
    address = published(tmp_path / "published")
    for _ in range(2):
        colab.run("install", cwd=tmp_path, REPOSITORY=address)
        assert colab.pip_arguments[-1] == str(colab.folder / "gan-race-studio")
    assert (colab.folder / "gan-race-studio" / "pyproject.toml").is_file()


@pytest.mark.slow
def test_an_address_that_nobody_filled_in_is_named(colab: Colab, tmp_path: Path) -> None:
    with pytest.raises(CellExecutionError, match="Give the program's address in REPOSITORY"):
        colab.run("install", cwd=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("use_drive", [True, False])
def test_without_drive_the_local_disk_serves_and_the_loss_is_announced(
    colab: Colab, make_pictures: Callable[..., Path], tmp_path: Path, use_drive: bool
) -> None:
    colab.install("google/colab/drive.py", DRIVE.format(refuse=True))
    pictures = make_pictures(tmp_path / "pictures", count=3, side=128)
    printed = colab.run("install", "data", DATA=str(pictures), USE_DRIVE=use_drive)["data"]
    assert ("mount failed" in printed) == use_drive
    assert "is lost when the runtime ends" in printed
    assert str(colab.folder / "gan-race" / "runs") in printed


@pytest.mark.slow
def test_data_that_is_not_there_is_named(colab: Colab) -> None:
    with pytest.raises(CellExecutionError, match=r"DATA names neither a folder nor a zip: .*drive/MyDrive/Flower"):
        colab.run("install", "data", DATA="MyDrive/Flower")


@pytest.mark.slow
def test_the_stop_button_lets_the_command_save_and_is_passed_on_once(colab: Colab, tmp_path: Path) -> None:
    """Two interrupts, as from an impatient user, reach a command that would lose its work at the second."""
    saver = tmp_path / "saver.py"
    saver.write_text(
        "import signal, sys, time\n"
        "def stop(*_):\n"
        "    signal.signal(signal.SIGINT, signal.SIG_DFL)\n"
        "    time.sleep(1)\n"
        "    print('saved'); sys.exit(0)\n"
        "signal.signal(signal.SIGINT, stop)\n"
        "print('ready')\n"
        "time.sleep(60)\n"
    )
    install = next(cell.source for cell in code_cells() if cell.id == "install")
    tree = ast.parse(install)
    tree.body = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef)]
    caller = tmp_path / "caller.py"
    heed = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)"  # a job in the background has none
    caller.write_text(f"{heed}\n{ast.unparse(tree)}\nrun(sys.executable, {str(saver)!r})\nprint('returned')\n")
    with subprocess.Popen([sys.executable, str(caller)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        rest = process.stdout.read()
    assert rest.rstrip().endswith("saved\nreturned")
    assert process.returncode == 0


def test_the_repository_holds_no_outputs() -> None:
    nbformat.validate(notebook())
    assert [cell.id for cell in code_cells()] == list(STEPS)
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells())
    assert notebook().metadata.accelerator == "GPU"


def test_every_code_cell_is_a_numbered_form_that_compiles() -> None:
    for number, cell in enumerate(code_cells(), start=1):
        assert re.match(rf'# @title {number}\. .+ / .+ {{ display-mode: "form" }}\n', cell.source)
        assert cell.metadata.cellView == "form"
        assert "# @param" in cell.source
        compile(TransformerManager().transform_cell(cell.source), cell.id, "exec")  # `%tensorboard` is no Python


def test_the_badge_opens_this_notebook_of_the_published_repository() -> None:
    install = next(cell.source for cell in code_cells() if cell.id == "install")
    repository = published_address.published()
    assert f'REPOSITORY = "https://github.com/{repository}"  # @param' in install
    assert f"`git clone https://github.com/{repository}`" in (PROJECT / "README.md").read_text(encoding="utf-8")
    target = f"https://colab.research.google.com/github/{repository}/blob/main/training/colab.ipynb"
    badge = f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({target})"
    assert badge in notebook().cells[0].source
    assert badge in (PROJECT / "README.md").read_text(encoding="utf-8")


def test_the_recipes_to_choose_from_are_all_recipes() -> None:
    train = next(cell.source for cell in code_cells() if cell.id == "train")
    choices = re.search(r"^RECIPE = .*# @param (\[.*\])$", train, flags=re.M)
    assert choices is not None
    assert sorted(json.loads(choices[1])) == sorted(["auto", *RECIPES])
