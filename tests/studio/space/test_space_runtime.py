from __future__ import annotations

from pathlib import Path

import pytest

from studio.space import runtime
from training.core.paths import home_folder

MOUNTED = Path("/dev/shm")  # a file system of its own on every Linux


@pytest.fixture(autouse=True)
def in_a_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.delenv("GAN_RACE_STATE", raising=False)


@pytest.mark.skipif(not MOUNTED.is_mount(), reason="needs a mounted folder")
def test_the_state_lies_in_a_mounted_bucket_and_lasts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "BUCKET", MOUNTED)
    monkeypatch.setenv("GAN_RACE_STATE", "")  # what is set here is taken back at the end
    runtime.prepare()
    assert runtime.os.environ["GAN_RACE_STATE"] == "/dev/shm/gan-race-studio"
    assert runtime.state_lasts()


def test_a_folder_that_somebody_named_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path))
    runtime.keep_state(MOUNTED)
    assert runtime.os.environ["GAN_RACE_STATE"] == str(tmp_path)


def test_without_a_bucket_nothing_lasts_in_a_space_and_everything_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runtime.keep_state(tmp_path)  # no mount
    assert "GAN_RACE_STATE" not in runtime.os.environ
    assert runtime.state_lasts() is runtime.is_mounted(home_folder())
    monkeypatch.delenv("SYSTEM")
    assert runtime.state_lasts()


def test_the_root_is_no_volume_of_its_own() -> None:
    assert not runtime.is_mounted(Path("/no/such/folder"))


def test_the_page_draws_on_the_cpu_under_zero_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    assert runtime.drawing_device() is None
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    device = runtime.drawing_device()
    assert device is not None
    assert device.type == "cpu"
