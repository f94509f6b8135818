from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from studio.exploration import nearest_training, training_features
from studio.exploration.nearest_training import Copies, Index, Progress, build_index, calibrate
from studio.exploration.training_features import FeatureExtractor
from training.core.pixels import Pixels

COARSE = FeatureExtractor("coarse", "coarse", training_features._coarse_pixels)


@pytest.fixture(autouse=True)
def coarse_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(nearest_training, "open_feature_extractor", lambda: COARSE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of forty made-up pictures, each of another noise."""
    path = tmp_path / "pictures"
    path.mkdir()
    generator = torch.Generator().manual_seed(0)
    for index in range(40):
        coarse = torch.randint(0, 256, (4, 4, 3), dtype=torch.uint8, generator=generator).numpy()
        Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC).save(path / f"{index:03d}.png")
    return path


@pytest.fixture
def index(folder: Path) -> Index:
    return build_index(folder, Progress())


def noisy(picture: Pixels) -> Pixels:
    noise = torch.randint(-6, 7, picture.shape, generator=torch.Generator().manual_seed(1)).numpy()
    return (picture.astype(int) + noise).clip(0, 255).astype(np.uint8)


def test_a_copy_finds_its_picture_first_and_lies_below_the_threshold(index: Index) -> None:
    for row in (0, 17, 39):
        first, *others = index.nearest(noisy(index.picture(row)))
        assert (first.index, first.mirrored) == (row, False)
        assert first.distance < index.threshold
        assert first.distance < others[0].distance <= others[1].distance


def test_a_mirrored_copy_counts_and_is_called_so(index: Index) -> None:
    first = index.nearest(noisy(index.picture(5)[:, ::-1]))[0]
    assert (first.index, first.mirrored) == (5, True)
    assert first.distance < index.threshold


def test_a_picture_of_another_kind_is_no_copy(index: Index) -> None:
    stripes = np.zeros((16, 16, 3), dtype=np.uint8)
    stripes[::4] = stripes[1::4] = 255
    assert len(index.nearest(stripes)) == 3
    assert index.nearest(stripes)[0].distance > index.threshold


def test_the_threshold_is_the_percentile_of_distances_to_the_nearest_other(index: Index) -> None:
    images = index.pictures.rows(0, 40)
    straight = torch.cdist(COARSE.see(images), COARSE.see(images))
    mirrored = torch.cdist(COARSE.see(images.flip(3)), COARSE.see(images))
    nearest = torch.minimum(straight, mirrored).fill_diagonal_(torch.inf).amin(dim=1)
    assert index.threshold == pytest.approx(float(nearest.quantile(0.01)), rel=1e-4)
    assert (nearest < index.threshold).sum() <= 1


def test_real_pictures_are_hardly_ever_flagged_against_the_others(index: Index) -> None:
    flagged = [index.nearest(index.picture(row))[1].distance < index.threshold for row in range(40)]
    assert sum(flagged) <= 2  # a pair counts twice


def test_a_symmetric_picture_does_not_lower_the_threshold_by_its_own_mirror_image(folder: Path) -> None:
    symmetric = np.asarray(Image.open(folder / "000.png")).copy()
    symmetric[:, 16:] = symmetric[:, :16][:, ::-1]
    Image.fromarray(symmetric).save(folder / "000.png")
    assert build_index(folder, Progress()).threshold > 0.05


def test_one_picture_alone_flags_nothing(tmp_path: Path, make_pictures: Callable[..., Path]) -> None:
    alone = build_index(make_pictures(tmp_path / "alone", count=1), Progress())
    assert alone.threshold == 0.0
    assert [one.index for one in alone.nearest(alone.picture(0))] == [0]


def test_the_calibration_looks_at_some_pictures_of_many(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_training, "CALIBRATED_ON", 10)
    seen = []
    extractor = FeatureExtractor("counted", "counted", lambda images: seen.append(len(images)) or COARSE.see(images))  # type: ignore[func-returns-value]
    assert calibrate(index.pictures, extractor, index.features) >= index.threshold
    assert sum(seen) == 10


def ready(found: Copies) -> Index:
    deadline = time.monotonic() + 20
    while found.index is None:
        assert found.progress.problem is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found.index


def test_the_index_is_built_once_in_the_background(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    real = nearest_training.build_index
    monkeypatch.setattr(nearest_training, "build_index", lambda *arguments: calls.append(1) or real(*arguments))  # type: ignore[func-returns-value]
    found = Copies(folder)
    assert found.index is None
    for _ in range(3):
        found.start()
    ready(found)
    found.start()
    assert (found.progress.done, found.progress.total, calls) == (40, 40, [1])


class Gate:
    """Lets a build look at one batch after the other, as many as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches = threading.Semaphore(0)
        self.builds = 0
        monkeypatch.setattr(nearest_training, "features_of", self.features_of)

    def features_of(self, pictures: training_features.Pictures, extractor: FeatureExtractor) -> Iterator[torch.Tensor]:
        self.builds += 1
        for features in training_features.features_of(pictures, extractor):
            assert self.batches.acquire(timeout=20)
            yield features

    def wait(self, found: Copies, done: int) -> None:
        deadline = time.monotonic() + 20
        while found.progress.done != done or found.progress.reading is (done > 0):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_the_work_ends_when_the_last_who_waits_stops_and_begins_again_when_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, found = Gate(monkeypatch), Copies(folder)
    found.start("anne")
    found.start("ben")
    gate.batches.release()
    gate.wait(found, 8)
    assert found.stop("anne") is True
    gate.batches.release()
    gate.wait(found, 16)
    assert found.stop("ben") is False
    gate.batches.release()
    gate.wait(found, 0)
    assert (found.index, found.progress.problem, gate.builds) == (None, None, 1)
    found.start("ben")
    gate.batches.release(5)
    ready(found)
    assert gate.builds == 2
    assert found.stop("ben") is False


def forsaken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Gate, Copies, list[float]]:
    """Return what is being built for somebody who has not asked for long, and its clock."""
    now = [0.0]
    gate, found = Gate(monkeypatch), Copies(folder, clock=lambda: now[0])
    found.start("gone")
    gate.batches.release()
    gate.wait(found, 8)
    now[0] = nearest_training.FORGOTTEN_SECONDS + 1
    return gate, found, now


def test_whoever_has_not_asked_for_long_does_not_keep_it_going_and_who_asks_again_does(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, found, _ = forsaken(folder, monkeypatch)
    found.start("anne")
    assert found.stop("anne") is False
    found.start("anne")  # before the work has noticed
    gate.batches.release(4)
    ready(found)
    assert gate.builds == 1


def test_the_work_ends_when_nobody_has_asked_for_long_but_goes_on_for_a_ranking(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, found, now = forsaken(folder, monkeypatch)
    gate.batches.release()
    gate.wait(found, 0)
    found.start()
    now[0] *= 3
    gate.batches.release(5)
    ready(found)


def test_there_is_room_for_the_requests_of_so_many_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, found = Gate(monkeypatch), Copies(folder)
    for number in range(nearest_training.MOST_REQUESTS + 5):
        found.start(str(number))
    assert len(found._requests) == nearest_training.MOST_REQUESTS
    gate.batches.release(5)
    ready(found)
    assert found._requests == {}


def test_reading_a_folder_is_told_and_can_be_stopped(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3:
            raise nearest_training.StoppedError

    with pytest.raises(nearest_training.StoppedError):
        training_features.open_pictures(folder, tell)
    assert told == [(1, 40), (2, 40), (3, 40)]
    assert list((tmp_path / "cache").rglob("*.safetensors")) == []


def test_a_later_run_takes_the_features_that_were_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = build_index(folder, Progress())

    def fail(*_: object) -> None:
        raise AssertionError("The pictures were looked at again.")

    monkeypatch.setattr(nearest_training, "features_of", fail)
    second = build_index(folder, Progress())
    assert torch.equal(second.features, first.features)
    assert second.threshold == first.threshold


def test_data_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    found = Copies(tmp_path / "absent")
    found.start()
    deadline = time.monotonic() + 20
    while found.progress.problem is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert "neither a folder of pictures nor a file" in found.progress.problem
    assert found.index is None


def test_a_disk_that_fails_has_a_word_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(nearest_training, "build_index", full)
    found = Copies(folder)
    found.start()
    deadline = time.monotonic() + 20
    while found.progress.problem is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert (found.progress.problem, found.progress.why) == ("No space left on device", "disk")


def test_a_cache_that_cannot_be_written_costs_only_what_would_be_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file stands in the place of the folder, which no rights can overcome."""
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "file" / "cache"))
    found = build_index(folder, Progress())
    assert found.features.shape[0] == found.pictures.count
    assert not found.pictures.file.is_relative_to(tmp_path)
    assert caplog.text.count("The cache cannot be written") == 1
    again = build_index(folder, Progress())
    assert torch.equal(again.features, found.features)
