from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from training import __main__ as cli
from training.core.imagenet_features import NAME
from training.evaluation import scores
from training.evaluation.feature_extractors import Embedder, FeatureNetwork, SameFamilyError
from training.evaluation.score_checkpoints import as_json, score_checkpoints, table
from training.evaluation.scores import read_scores

SIDE = 16


class Quarters(nn.Module):
    """A feature network: the mean of each quarter of a picture."""

    def forward(self, pixels: Tensor) -> Tensor:
        return nn.functional.adaptive_avg_pool2d(pixels.float() / 255, 2).flatten(1)


def embedder(family: str = "Means") -> Embedder:
    network = FeatureNetwork("Means of quarters", family, SIDE, 1.0, Quarters)
    return Embedder("means", network, Quarters(), torch.device("cpu"))


@pytest.fixture
def pictures(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return make_pictures(tmp_path / "pictures", count=24)


def test_checkpoints_and_real_pictures_stand_side_by_side(
    tmp_path: Path, pictures: Path, make_checkpoint: Callable[..., Path]
) -> None:
    run = make_checkpoint(tmp_path / "run" / "000000016", side=SIDE)
    published = make_checkpoint(tmp_path / "published", side=SIDE, seed=1)
    before = {path: path.read_bytes() for path in published.iterdir()}
    named = {"mine": run, "theirs": published}
    compared = score_checkpoints(named, pictures, embedder(), 12, quiet=True)
    mine, theirs, real = *(one.scores for one in compared.checkpoints), compared.real
    assert mine.weights_sha256 != theirs.weights_sha256
    assert mine.kid != theirs.kid
    assert min(mine.kid, theirs.kid) > real.kid
    assert read_scores(run) == mine
    assert {path: path.read_bytes() for path in published.iterdir()} == before
    head, _, *rows = table(compared).splitlines()
    assert head.startswith("| checkpoint | images | KID | FID |")
    assert [row.split(" | ")[:2] for row in rows] == [
        ["| mine", "1,000"],
        ["| theirs", "1,001"],
        ["| *real pictures*", "–"],
    ]
    assert all(row.count("|") == head.count("|") for row in rows)
    told = json.loads(as_json(compared))
    assert [(one["name"], one["images"], one["kid"]) for one in told["checkpoints"]] == [
        ("mine", 1000, mine.kid),
        ("theirs", 1001, theirs.kid),
    ]
    assert told["real"]["kid"] == real.kid


def test_pictures_of_different_sizes_are_refused(
    tmp_path: Path, pictures: Path, make_checkpoint: Callable[..., Path]
) -> None:
    named = {f"of_{side}": make_checkpoint(tmp_path / str(side), side=side) for side in (16, 32)}
    with pytest.raises(ValueError, match=r"cannot be compared: of_16 16 x 16, of_32 32 x 32\."):
        score_checkpoints(named, pictures, embedder(), 12, quiet=True)


def test_a_judge_of_the_family_that_d_looked_through_is_refused(
    tmp_path: Path, pictures: Path, make_checkpoint: Callable[..., Path]
) -> None:
    named = {"mine": make_checkpoint(tmp_path / "mine", side=SIDE)}
    config = json.loads((named["mine"] / "config.json").read_text())
    config["about"]["pretrained"] = NAME
    (named["mine"] / "config.json").write_text(json.dumps(config))
    with pytest.raises(SameFamilyError):
        score_checkpoints(named, pictures, embedder("EfficientNet"), 12, quiet=True)


def test_the_command_prints_a_table_or_json(
    tmp_path: Path,
    pictures: Path,
    make_checkpoint: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[Any] = []

    def opened(*options: Any) -> Embedder:
        asked.append(options)
        return embedder()

    monkeypatch.setattr(cli, "open_embedder", opened)
    mine = str(make_checkpoint(tmp_path / "mine", side=SIDE))
    options = ["--data", str(pictures), "--fakes", "12", "--device", "cpu"]
    assert cli.main(["score", mine, *options, "--network", "squeezenet"]) == 0
    first, head, *_ = capsys.readouterr().out.splitlines()
    assert first == "12 pictures of seed 0, in the features of Means of quarters"
    assert head.startswith("| checkpoint |")
    assert asked == [("squeezenet", torch.device("cpu"))]
    assert cli.main(["score", mine, *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["checkpoints"][0]["name"] == mine
    assert cli.main(["score", str(tmp_path / "mnie"), *options]) == 2
    assert "did you mean" in capsys.readouterr().err


def test_an_address_that_is_none_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["score", "hf://bad"], ["equalize", "hf://bad", "--out", str(tmp_path / "out")]):
        assert cli.main([*command, "--data", str(tmp_path)]) == 2
        assert capsys.readouterr().err.startswith("error: 'hf://bad' is no address; hf://owner/name")


def test_too_few_pictures_are_refused_before_anything_is_drawn_or_trained(
    tmp_path: Path,
    make_checkpoint: Callable[..., Path],
    make_pictures: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    few, mine = make_pictures(tmp_path / "few", count=7), make_checkpoint(tmp_path / "mine", side=SIDE)
    said = "7 pictures are too few to compare with; 8 are needed."
    monkeypatch.setattr(scores, "look_at_fakes", lambda *_, **__: pytest.fail("drawn"))
    with pytest.raises(ValueError, match=said):
        score_checkpoints({"mine": mine}, few, embedder(), 12, quiet=True)
    command = ["ladder", "dcgan", "--data", str(few), "--out", str(tmp_path / "out"), "--images-each", "4"]
    assert cli.main([*command, "--device", "cpu"]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
