from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio.exploration import training_features
from studio.exploration.training_features import (
    FeatureExtractor,
    Pictures,
    features_of,
    keep_features,
    known_features,
    open_feature_extractor,
    open_pictures,
)
from training.core.dataset import DataError, load, pack


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def pictures(tmp_path: Path, make_pictures: Callable[..., Path]) -> Pictures:
    return open_pictures(pack(make_pictures(tmp_path / "pictures"), tmp_path / "packed.safetensors", 16).file)


COARSE = FeatureExtractor("coarse", "coarse", training_features._coarse_pixels)


def test_rows_are_those_of_the_packed_file(pictures: Pictures) -> None:
    whole = load(pictures.file)
    assert (pictures.count, pictures.sha256) == (12, whole.sha256)
    assert torch.equal(pictures.rows(3, 7), whole.images[3:7])


def test_a_folder_is_packed_into_the_cache_once(
    tmp_path: Path, own_cache: Path, make_pictures: Callable[..., Path]
) -> None:
    folder = make_pictures(tmp_path / "folder", count=5)
    first = open_pictures(folder)
    assert first.file.parent == own_cache
    assert first.rows(0, 1).shape == (1, 3, training_features.SIDE, training_features.SIDE)
    changed = first.file.stat().st_mtime_ns
    assert open_pictures(folder) == first
    assert first.file.stat().st_mtime_ns == changed


def test_what_is_no_data_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "text.safetensors").write_text("no")
    for path in (tmp_path / "absent", tmp_path / "text.safetensors"):
        with pytest.raises(DataError, match="neither a folder of pictures nor a file"):
            open_pictures(path)


def test_a_file_that_has_gone_is_a_sentence(pictures: Pictures) -> None:
    pictures.file.unlink()
    with pytest.raises(DataError, match="can no longer be read"):
        pictures.rows(0, 1)


@pytest.mark.parametrize("extractor", [COARSE, pytest.param(None, id="network")])
def test_features_are_the_same_in_any_batches_and_tell_pictures_apart(
    pictures: Pictures, extractor: FeatureExtractor | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor = extractor or open_feature_extractor()
    monkeypatch.setattr(training_features, "BATCH", 5)
    found = torch.cat(list(features_of(pictures, extractor)))
    torch.testing.assert_close(found[8:9], extractor.see(pictures.rows(8, 9)), rtol=1e-4, atol=1e-4)
    distances = torch.cdist(found, found)
    assert (distances.fill_diagonal_(torch.inf).amin(dim=1) > 1e-3).all()
    assert found.dtype == torch.float32


def test_features_do_not_depend_on_the_size_of_the_picture() -> None:
    small = torch.randint(0, 256, (2, 3, 4, 4), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    large = small.repeat_interleave(32, dim=2).repeat_interleave(32, dim=3)
    seen = COARSE.see(large)
    assert seen.shape == COARSE.see(small).shape
    assert (seen - COARSE.see(small)).norm(dim=1).max() < 0.5 * (seen[0] - seen[1]).norm()


def test_without_the_network_coarse_pixels_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> None:
        raise training_features.MissingPackageError("timm")

    monkeypatch.setattr(training_features, "EfficientNetFeatures", absent)
    assert open_feature_extractor().name == "pixels at 16 x 16"


def test_features_are_kept_for_these_pictures_and_this_eye_only(pictures: Pictures) -> None:
    features = torch.cat(list(features_of(pictures, COARSE)))
    assert known_features(pictures, COARSE) is None
    keep_features(pictures, COARSE, features)
    found = known_features(pictures, COARSE)
    assert found is not None
    assert torch.equal(found, features)
    assert known_features(pictures, FeatureExtractor("other", "other", COARSE.see)) is None
    assert known_features(Pictures(pictures.file, pictures.count, "0" * 64), COARSE) is None
    assert known_features(Pictures(pictures.file, pictures.count + 1, pictures.sha256), COARSE) is None


def test_damaged_kept_features_are_made_again(pictures: Pictures, own_cache: Path) -> None:
    keep_features(pictures, COARSE, torch.zeros(pictures.count, 2))
    (file,) = own_cache.glob("features-*")
    file.write_bytes(file.read_bytes()[:50])
    assert known_features(pictures, COARSE) is None
