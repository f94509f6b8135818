"""What the tests share: small networks, made-up pictures, one thread."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, settings
from PIL import Image

from studio.rendering import previews as precision
from tests import hub_server as hub_servers
from training.core import checkpoint
from training.core.generators import GeneratorConfig, build_generator

SIDE = 16
WIDTH = 4
ATTACKS = Path(__file__).parent / "attacks"

# Gradio takes the first port that is free from this one on. Two workers that seek one at once would both take it, and a
# studio that is open on this machine has the first ones.
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ.setdefault("GRADIO_SERVER_PORT", str(7960 + 100 * WORKER))

# On a disk that takes its time to say that something is written, tests of what is never lost wait for most of theirs.
MEMORY_DISK = Path("/dev/shm")
ROOM = 4 << 30  # bytes; the whole suite needs less than a quarter
if MEMORY_DISK.is_dir() and shutil.disk_usage(MEMORY_DISK).free >= ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))

# A machine that does other work too is slow, which is no defect of what is tested.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


@pytest.hookimpl(trylast=True)  # once all marks are there
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what a busy machine can fail by standing still fail twice before it counts; the first time is told as RERUN.

    That is a browser beside other work, a measured time, and an honest visitor who waits while others attack; never
    what an attack did.
    """
    for item in items:
        if any(item.get_closest_marker(name) for name in ("browser", "perf")):
            item.add_marker(pytest.mark.flaky(reruns=1))
        elif ATTACKS in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun="had to wait"))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Results must not depend on the machine's cores, and two tests must not fight for them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True, scope="session")
def state_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A studio that a test opens must keep nothing in the user's own folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_RACE_STATE", str(tmp_path_factory.mktemp("state")))
        patch.setenv("GAN_RACE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def previews(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this CPU pass for one that draws previews in bfloat16, as those with AMX do."""
    monkeypatch.setattr(precision, "preview_precision", lambda _: torch.bfloat16)


def write_checkpoint(
    folder: Path, *, seed: int = 0, network: str = "fastgan", z_dim: int = 8, side: int = SIDE
) -> Path:
    """Write the checkpoint of a small generator with random weights and return its folder."""
    torch.manual_seed(seed)
    config = GeneratorConfig(network=network, z_dim=z_dim, resolution=side, width=WIDTH)
    generator = build_generator(config)
    for layer in generator.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None  # the statistics of the one batch that follows, whole
    with torch.no_grad():
        generator.train()(torch.randn(64, z_dim))
        for name, weight in generator.named_parameters():
            if name.startswith("blocks.") and name.endswith(".style.weight"):
                weight.mul_(8.0)  # styles that tell pictures apart
        for layer in generator.to_rgb.modules():
            if isinstance(layer, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
                layer.weight.mul_(4.0)  # pictures of good contrast
    folder.mkdir(parents=True)
    checkpoint.save(folder, config, generator.state_dict(), {"images": 1000 + seed})
    return folder


def write_pictures(folder: Path, count: int = 12, side: int = SIDE) -> Path:
    """Write made-up pictures, coloured discs on a gradient, and return their folder."""
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[0:side, 0:side] / side
    for index in range(count):
        centre = 0.3 + 0.4 * index / count
        disc = (rows - centre) ** 2 + (columns - 0.5) ** 2 < 0.06
        picture = np.stack([disc * 1.0, rows * (index % 3) / 2, columns], axis=2)
        Image.fromarray((picture * 255).astype(np.uint8)).save(folder / f"picture_{index:03d}.png")
    return folder


@pytest.fixture(scope="session")
def make_checkpoint() -> Callable[..., Path]:
    """Return a function that writes the checkpoint of a small generator with random weights and returns its folder."""
    return write_checkpoint


@pytest.fixture(scope="session")
def make_pictures() -> Callable[..., Path]:
    """Return a function that writes made-up pictures, coloured discs on a gradient, and returns their folder."""
    return write_pictures


@pytest.fixture
def hub_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[hub_servers.Hub]:
    """Run a stand-in for the Hub on this machine, with an empty cache and without a token.

    What the client read of the environment when it was imported is set as if it were imported now.
    """
    import huggingface_hub
    from huggingface_hub import constants

    with hub_servers.running() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        for name in ("HF_TOKEN_PATH", "HF_STORED_TOKENS_PATH", "HF_HUB_CACHE", "HF_HOME"):
            monkeypatch.setattr(constants, name, str(tmp_path / "home" / name))
        monkeypatch.setattr(constants, "HF_URL_HOSTS", frozenset({"127.0.0.1"}), raising=False)  # from 2.0 on
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        yield server
        huggingface_hub.close_session()
