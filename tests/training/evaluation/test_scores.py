from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from training.core import checkpoint
from training.core.dataset import Data, open_data
from training.core.imagenet_features import NAME
from training.core.latents import latents
from training.core.tile import draw
from training.evaluation import scores, spectrum
from training.evaluation.feature_extractors import Embedder, FeatureNetwork, SameFamilyError

SIDE = 16


class Means(nn.Module):
    """A feature network that takes the mean of each quarter of a picture, and counts how often it looks."""

    looks = 0

    def forward(self, pixels: Tensor) -> Tensor:
        self.looks += 1
        return nn.functional.adaptive_avg_pool2d(pixels.float() / 255, 2).flatten(1)


@pytest.fixture
def embedder() -> Embedder:
    return Embedder(
        "means", FeatureNetwork("Means of quarters", "Means", SIDE, 1.0, Means), Means(), torch.device("cpu")
    )


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return open_data(make_pictures(tmp_path / "pictures", count=24), SIDE)


@pytest.fixture
def reals(tmp_path: Path, images: Data, embedder: Embedder) -> scores.Measured:
    return scores.measure(images, embedder, tmp_path / "features", quiet=True)


def test_the_reals_are_looked_at_once_for_each_data_set_and_network(
    tmp_path: Path, images: Data, embedder: Embedder, reals: scores.Measured
) -> None:
    looks = embedder.module.looks
    again = scores.measure(images, embedder, tmp_path / "features", quiet=True)
    assert embedder.module.looks == looks
    assert torch.equal(again.rows.features, reals.rows.features)
    assert torch.equal(again.rows.features, embedder(images.images))
    assert torch.equal(again.rows.powers, spectrum.powers(images.images))
    others = replace(images, sha256="f" * 64)
    scores.measure(others, embedder, tmp_path / "features", quiet=True)
    assert embedder.module.looks == 2 * looks + 1
    names = {path.name for path in (tmp_path / "features").iterdir()}
    assert names == {f"means-{images.sha256[:16]}.safetensors", f"means-{'f' * 16}.safetensors"}


@pytest.mark.parametrize("kept", ["nothing", "features", "fewer"])
def test_features_that_are_damaged_or_of_an_older_program_are_taken_anew(
    tmp_path: Path, images: Data, embedder: Embedder, reals: scores.Measured, kept: str
) -> None:
    (file,) = (tmp_path / "features").iterdir()
    if kept == "nothing":
        file.write_bytes(b"torn")
    elif kept == "features":
        save_file({"features": reals.rows.features}, file)
    else:
        save_file({"features": reals.rows.features, "powers": reals.rows.powers[1:].contiguous()}, file)
    again = scores.measure(images, embedder, tmp_path / "features", quiet=True)
    assert all(torch.equal(*pair) for pair in zip(again.rows, reals.rows, strict=True))


def test_the_fakes_are_the_first_pictures_of_the_seed_as_a_tile_has_them(
    tmp_path: Path, make_checkpoint: Callable[..., Path], embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = checkpoint.load(make_checkpoint(tmp_path / "one"))
    pixels = torch.from_numpy(draw(found.generator, latents(0, 23, 8))).permute(0, 3, 1, 2)
    monkeypatch.setattr(scores, "DRAWN", 10)
    fakes = scores.look_at_fakes(found, embedder, 23, quiet=True)
    assert torch.equal(fakes.features, embedder(pixels))
    torch.testing.assert_close(fakes.powers, spectrum.powers(pixels))


def test_scores_say_what_they_are_of_and_are_kept_beside_the_checkpoint(
    tmp_path: Path, make_checkpoint: Callable[..., Path], embedder: Embedder, reals: scores.Measured
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    found = scores.score(folder, reals, 20, quiet=True)
    assert (found.network, found.reals, found.fakes, found.seed) == ("Means of quarters", 24, 20, 0)
    assert found.weights_sha256 == checkpoint.load(folder).sha256
    assert found.data_sha256 == reals.sha256
    assert found.kid > 0
    fakes = scores.look_at_fakes(checkpoint.load(folder), embedder, 20, quiet=True)
    assert found.spectrum == pytest.approx(spectrum.compare(reals.rows.powers, fakes.powers), abs=1e-5)
    assert 0 <= found.precision <= 1
    assert scores.read_scores(folder) == found
    looks = embedder.module.looks
    assert scores.score(folder, reals, 20, quiet=True) == found
    assert embedder.module.looks == looks


@pytest.mark.parametrize("change", ["fakes", "weights", "network", "reals", "damage"])
def test_scores_of_something_else_are_taken_anew(
    tmp_path: Path, make_checkpoint: Callable[..., Path], reals: scores.Measured, change: str
) -> None:
    folder, fakes = make_checkpoint(tmp_path / "one"), 20
    before = scores.score(folder, reals, fakes, quiet=True)
    if change == "fakes":
        fakes = 16
    elif change == "weights":
        (folder / "model.safetensors").write_bytes(
            (make_checkpoint(tmp_path / "two", seed=1) / "model.safetensors").read_bytes()
        )
    elif change == "network":
        other = replace(reals.embedder, network=replace(reals.embedder.network, name="Other"))
        reals = replace(reals, embedder=other)
    elif change == "reals":
        reals = replace(reals, sha256="f" * 64)
    else:
        (folder / scores.SCORES).write_text('{"kid": 0}', encoding="utf-8")
    after = scores.score(folder, reals, fakes, quiet=True)
    assert scores.read_scores(folder) == after
    assert (after == before) == (change == "damage")


def test_a_folder_without_scores_has_none(tmp_path: Path) -> None:
    assert scores.read_scores(tmp_path) is None
    (tmp_path / scores.SCORES).write_text(json.dumps({"kid": 1}), encoding="utf-8")
    assert scores.read_scores(tmp_path) is None


OLD = {
    **{"network": "Means of quarters", "reals": 24, "fakes": 20, "seed": 0, "data_sha256": "", "weights_sha256": ""},
    **dict.fromkeys(("kid", "kid_spread", "fid", "fid_spread", "precision", "recall", "copies"), 0.5),
}


def test_scores_of_an_older_program_are_read_without_a_spectrum_and_say_no_more_than_they_know() -> None:
    found = scores.Scores.from_dict(OLD)
    assert found.spectrum is None
    assert found.to_dict() == OLD


def test_scores_without_a_spectrum_are_taken_anew(
    tmp_path: Path, make_checkpoint: Callable[..., Path], reals: scores.Measured
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    whole = scores.score(folder, reals, 20, quiet=True)
    old = {name: value for name, value in whole.to_dict().items() if name in OLD}
    (folder / scores.SCORES).write_text(json.dumps(old), encoding="utf-8")
    assert scores.read_scores(folder) == scores.Scores.from_dict(old)
    assert scores.score(folder, reals, 20, quiet=True) == whole == scores.read_scores(folder)


@pytest.mark.parametrize("pretrained", [NAME, f"another network and {NAME}"])
def test_a_network_does_not_score_alone_what_one_of_its_family_helped_to_train(
    tmp_path: Path, make_checkpoint: Callable[..., Path], reals: scores.Measured, pretrained: str
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config["about"]["pretrained"] = pretrained
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    network = replace(reals.embedder.network, name="EfficientNet-B0", family="EfficientNet")
    same = replace(reals, embedder=replace(reals.embedder, network=network))
    sentence = (
        f"EfficientNet-B0 cannot be the only judge where D looked through {pretrained}: both are of the family "
        "EfficientNet; allowed is --network inception or squeezenet."
    )
    with pytest.raises(SameFamilyError, match=re.escape(sentence)):
        scores.score(folder, same, 20, quiet=True)
    assert not (folder / scores.SCORES).exists()
    assert scores.score(folder, reals, 20, quiet=True).network == "Means of quarters"


def test_the_same_checkpoint_gets_the_same_scores_wherever_it_lies(
    tmp_path: Path, make_checkpoint: Callable[..., Path], reals: scores.Measured
) -> None:
    one, two = make_checkpoint(tmp_path / "one"), make_checkpoint(tmp_path / "two")
    assert scores.score(one, reals, 20, quiet=True) == scores.score(two, reals, 20, quiet=True)


def test_the_reference_is_what_pictures_of_the_data_get(embedder: Embedder) -> None:
    random = torch.Generator().manual_seed(0)
    rows = scores.Rows(torch.randn(400, 4, generator=random), 100 + torch.rand(400, 7, generator=random))
    found = scores.reference(scores.Measured(embedder, rows, "0" * 64), 100)
    assert (found.fakes, found.reals) == (100, 300)
    assert abs(found.kid) < 3 * found.kid_spread
    assert found.precision > 0.5
    assert found.spectrum == pytest.approx([1.0] * 7, abs=0.01)
    few = scores.reference(scores.Measured(embedder, rows, "0" * 64), 9999)
    assert (few.fakes, few.reals) == (200, 200)


def test_classes_are_drawn_from_the_same_seed(
    tmp_path: Path, make_checkpoint: Callable[..., Path], embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def spy(generator: object, z: Tensor, labels: Tensor | None) -> object:
        seen.append(labels)
        return draw(found.generator, z)

    found = checkpoint.load(make_checkpoint(tmp_path / "one"))
    monkeypatch.setattr(scores, "seed_labels", lambda generator, seed, count: torch.arange(count) + seed)
    monkeypatch.setattr(scores, "draw", spy)
    monkeypatch.setattr(scores, "DRAWN", 4)
    scores.look_at_fakes(found, embedder, 6, quiet=True)
    assert [labels.tolist() for labels in seen] == [[0, 1, 2, 3], [4, 5]]


def test_a_bar_is_quiet_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: False)))
    assert scores._bar("x", quiet=False)["mininterval"] >= 5


def test_features_that_the_cache_does_not_take_are_told_and_used_all_the_same(
    tmp_path: Path,
    images: Data,
    embedder: Embedder,
    reals: scores.Measured,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    found = [scores.measure(images, embedder, tmp_path / "file", quiet=True)]

    def full(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: File too large (os error 27)")

    monkeypatch.setattr(scores, "save_file", full)
    found.append(scores.measure(images, embedder, tmp_path / "full", quiet=True))
    for one in found:
        assert torch.equal(one.rows.features, reals.rows.features)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("safetensors could not be written: ") == 2
    assert "File too large" in told.err


def test_scores_that_the_folder_does_not_take_are_told_and_returned(
    tmp_path: Path,
    make_checkpoint: Callable[..., Path],
    reals: scores.Measured,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    whole = scores.score(folder, reals, 20, quiet=True, keep=False)
    look = scores.look_at_fakes

    def removed(*what: Any, **how: Any) -> scores.Rows:
        shutil.rmtree(folder)  # by the next save of a run that goes on
        return look(*what, **how)

    monkeypatch.setattr(scores, "look_at_fakes", removed)
    assert scores.score(folder, reals, 20, quiet=True) == whole
    assert "scores.json could not be written: No such file or directory" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize("value", ["NaN", "1e400", '["a"]', '"a"', "true", "null", "1" + 400 * "0"])
def test_kept_scores_that_are_no_numbers_are_taken_anew(
    tmp_path: Path, make_checkpoint: Callable[..., Path], reals: scores.Measured, value: str
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    whole = scores.score(folder, reals, 20, quiet=True)
    text = (folder / scores.SCORES).read_text(encoding="utf-8")
    (folder / scores.SCORES).write_text(text.replace(f'"kid": {whole.kid}', f'"kid": {value}'), encoding="utf-8")
    assert text != (folder / scores.SCORES).read_text(encoding="utf-8")
    assert scores.score(folder, reals, 20, quiet=True) == whole == scores.read_scores(folder)


def test_scores_in_a_folder_of_others_are_not_believed(
    tmp_path: Path, make_checkpoint: Callable[..., Path], reals: scores.Measured
) -> None:
    folder = make_checkpoint(tmp_path / "one")
    whole = scores.score(folder, reals, 20, quiet=True)
    forged = json.dumps({**whole.to_dict(), "kid": -9.0})
    (folder / scores.SCORES).write_text(forged, encoding="utf-8")
    assert scores.score(folder, reals, 20, quiet=True, keep=False) == whole
    assert (folder / scores.SCORES).read_text(encoding="utf-8") == forged
