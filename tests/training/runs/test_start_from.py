from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.dataset import Data, open_data
from training.core.generators import GeneratorNetwork
from training.core.latents import latents
from training.core.precision import Compute
from training.publish import publish
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs import loop, trainer
from training.runs.loop import Budget, Session, open_session

CPU = torch.device("cpu")
TINY = replace(RECIPES["dcgan"], resolution=16, g_width=2, d_width=2, z_dim=8, batch=4)


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    return open_data(make_pictures(tmp_path / "pictures"), 16)


@torch.no_grad()
def draw(generator: GeneratorNetwork) -> Tensor:
    generated: Tensor = generator.eval()(latents(0, 16, 8))
    return generated


def train(out: Path, images: Data, until: int, start: Path | None = None, recipe: Recipe = TINY) -> Session:
    session = open_session(recipe, 0, images, out, Compute(CPU), start_from=start)
    loop.train(session, Budget(images=until), quiet=True)
    return session


def test_a_run_goes_on_from_published_weights_after_d_has_seen_something(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "D_ALONE", 40)
    wrapped = replace(TINY, g_wrap="spectral")
    train(tmp_path / "run", images, 80, recipe=wrapped)
    published = publish(tmp_path / "run", tmp_path / "published")
    begun = open_session(wrapped, 0, images, tmp_path / "begun", Compute(CPU), start_from=published)
    drawn = [draw(checkpoint.load(published).generator), draw(begun.trainer.average), draw(begun.trainer.g)]
    assert drawn[0].std() > 0.01
    for other in drawn[1:]:
        assert (drawn[0] - other).abs().mean() < 0.05 * drawn[0].std()  # a young estimate of a singular value is rough
    g, d = (next(network.parameters()).detach().clone() for network in (begun.trainer.g, begun.trainer.d.head))
    loop.train(begun, Budget(images=120), quiet=True)
    assert torch.equal(g, next(begun.trainer.g.parameters()))
    assert not torch.equal(d, next(begun.trainer.d.head.parameters()))
    loop.train(begun, Budget(images=160), quiet=True)
    assert not torch.equal(g, next(begun.trainer.g.parameters()))
    first = json.loads((published / "config.json").read_text())["about"]
    assert begun.about["restarts"] == [
        {
            "images": 80,
            "weights_sha256": checkpoint.load(published).sha256,
            "data_sha256": first["data"]["sha256"],
        }
    ]
    assert begun.about["seconds"] >= first["seconds"]
    assert len(begun.about["runtimes"]) == len(first["runtimes"]) + 1
    card = (tmp_path / "begun" / "000000160" / "README.md").read_text(encoding="utf-8")
    assert "It went on from published weights with a new discriminator at image 80 (SHA-256 " in card
    log = (tmp_path / "begun" / "metrics.jsonl").read_bytes()
    assert log.startswith((published / "metrics.jsonl").read_bytes())


def test_two_halves_of_a_run_from_published_weights_are_the_whole(
    tmp_path: Path, images: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "D_ALONE", 80)
    train(tmp_path / "run", images, 80)
    published = publish(tmp_path / "run", tmp_path / "published")
    for name, stops in (("halves", (120, 240)), ("whole", (240,))):
        for stop in stops:
            session = train(tmp_path / name, images, stop, published)
    assert len(session.about["restarts"]) == 1
    found = [checkpoint.load(tmp_path / name / "000000240").sha256 for name in ("halves", "whole")]
    assert found[0] == found[1]
    plain = train(tmp_path / "halves", images, 280)  # without naming the checkpoint again
    assert plain.about["restarts"] == session.about["restarts"]


def test_weights_of_another_generator_or_beside_another_run_are_refused(tmp_path: Path, images: Data) -> None:
    train(tmp_path / "run", images, 80)
    published = publish(tmp_path / "run", tmp_path / "published")
    with pytest.raises(CheckpointError, match=r"published has another generator than the recipe \(width 2 -> 3\)\."):
        train(tmp_path / "other", images, 120, published, replace(TINY, g_width=3))
    with pytest.raises(
        CheckpointError, match=r"a run that did not begin with the weights of .*published; give another"
    ):
        train(tmp_path / "run", images, 120, published)


def test_what_a_beginning_declares_is_kept(tmp_path: Path, images: Data) -> None:
    train(tmp_path / "run", images, 80)
    published = publish(tmp_path / "run", tmp_path / "published")
    config = json.loads((published / "config.json").read_text())
    config["about"]["pretrained"], config["about"]["data"]["sha256"] = "a network", "0" * 64
    (published / "config.json").write_text(json.dumps(config))
    session = train(tmp_path / "begun", images, 120, published)
    assert session.about["pretrained"] == "a network"
    assert train(tmp_path / "begun", images, 160, published).about["pretrained"] == "a network"
    card = (tmp_path / "begun" / "000000160" / "README.md").read_text(encoding="utf-8")
    assert "..., of other pictures)." in card


HUGE = 10**30


@pytest.mark.parametrize(
    ("values", "said"),
    [
        *(({"images": count}, f"images {count}, which is not from 0") for count in (-50, HUGE)),
        ({"images": True}, "does not say how it was trained"),
        ({"seed": True}, "does not say how it was trained"),
        *(({"seconds": time}, f"seconds {time}, which is not from 0") for time in (float("nan"), float("inf"), -1.0)),
        ({"runtimes": ["x"]}, r"runtimes \['x'\], which is no list of records"),
        ({"runtimes": [{"device": "x", "processes": [2]}]}, r"a runtime with \[2\]"),
        ({"runtimes": [{}]}, "what no card can be written of"),
        *(({"restarts": value}, "restarts .*, which is no list of records") for value in (5, {"a": 1}, ["x"])),
        ({"restarts": [{}]}, "what no card can be written of"),
        ({"changes": 5}, "changes 5, which is no list of records"),
        ({"pretrained": ["x"]}, r"pretrained \['x'\], which is no text"),
        ({"recipe": {}}, "a recipe without a summary"),
    ],
)
def test_a_passport_of_somebody_that_no_training_writes_is_refused_before_anything_is_trained(
    tmp_path: Path, images: Data, values: dict[str, Any], said: str
) -> None:
    train(tmp_path / "run", images, 4)
    published = publish(tmp_path / "run", tmp_path / "published")
    config = json.loads((published / "config.json").read_text())
    config["about"] |= values
    (published / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match=said):
        open_session(TINY, 0, images, tmp_path / "begun", Compute(CPU), start_from=published)
    with pytest.raises(CheckpointError, match=said):
        publish(published, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    "values", [{"data": {}}, {"recipe": {"summary": "x"}}, {"equalizer": 5}, {"data": {"sha256": "", "images": 0}}]
)
def test_a_passport_of_which_no_card_can_be_written_is_not_published(
    tmp_path: Path, images: Data, values: dict[str, Any]
) -> None:
    step = train(tmp_path / "run", images, 4).out / "000000004"
    config = json.loads((step / "config.json").read_text())
    config["about"] |= values
    (step / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="what no card can be written of"):
        publish(step, tmp_path / "published")
