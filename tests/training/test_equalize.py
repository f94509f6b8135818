from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.training.evaluation.test_score_checkpoints import embedder
from training import __main__ as cli
from training import equalize as module
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.dataset import Data, open_data
from training.core.generators import GeneratorConfig, build_generator
from training.core.generators.equalizer import OPPONENT, WEIGHT
from training.core.imagenet_features import NAME
from training.core.latents import latents
from training.core.precision import Compute
from training.core.tile import draw, seed_tile
from training.equalize import equalize, fit, mean_power
from training.evaluation.feature_extractors import SameFamilyError
from training.publish import publish
from training.recipes.presets import RECIPES
from training.runs import loop
from training.runs.loop import Budget, open_session

SIDE = 32
TINY = replace(RECIPES["dcgan"], resolution=SIDE, g_width=2, d_width=2, z_dim=8, batch=4)


@pytest.fixture
def images(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Data:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "FAKES", 40)
    monkeypatch.setattr(module, "SCORED", 12)
    return open_data(make_pictures(tmp_path / "pictures", count=24, side=SIDE), SIDE)


@pytest.fixture
def run(tmp_path: Path, images: Data) -> Path:
    session = open_session(TINY, 0, images, tmp_path / "run", Compute(torch.device("cpu")))
    loop.train(session, Budget(images=80), quiet=True)
    return tmp_path / "run" / "000000080"


def draw_a_grid(run: Path, other: Path) -> None:
    """Give a run another generator's weights, and columns that are strong and weak in turn."""
    made = checkpoint.load(other)
    state = made.generator.state_dict()
    last = [name for name in state if name.startswith("to_rgb") and name.endswith("weight")][-1]
    state[last] = state[last] * torch.tensor([1.5, 0.1]).repeat(state[last].shape[-1] // 2)
    checkpoint.save(run, made.config, state, checkpoint.describe(run).about)


def response(kernels: torch.Tensor, resolution: int) -> torch.Tensor:  # [3, 1, side, side] -> [3, R, R]
    half = kernels.shape[-1] // 2
    padded = torch.zeros(3, resolution, resolution)
    padded[:, : 2 * half + 1, : 2 * half + 1] = kernels[:, 0]
    gain: torch.Tensor = torch.fft.fft2(padded.roll((-half, -half), (1, 2)))
    assert gain.imag.abs().max() < 1e-4  # symmetric: nothing is moved
    return gain.real


def test_the_same_power_needs_no_filter() -> None:
    power = 10.0 + 1000.0 * torch.rand(3, SIDE, SIDE, dtype=torch.float64)
    power = power + power.flip(1, 2).roll((1, 1), (1, 2))  # that of real pictures is the same at opposite waves
    kernels = fit(power, power, 1.0, 5)
    wanted = torch.zeros(5, 5)
    wanted[2, 2] = 1.0
    torch.testing.assert_close(kernels, wanted.expand(3, 1, 5, 5), atol=1e-4, rtol=0)


def test_a_filter_has_the_root_of_the_ratio_as_its_gain_and_leaves_the_mean() -> None:
    cycles = torch.fft.fftfreq(64, dtype=torch.float64)
    wave = torch.cos(2 * torch.pi * cycles)
    gain = 0.75 + 0.25 * wave[:, None] * wave  # of a kernel of 3 x 3
    fakes = torch.full((3, 64, 64), 100.0, dtype=torch.float64)
    fakes[1] *= 1e4
    found = response(fit(fakes * gain.square(), fakes, 1.0, 9), 64)
    torch.testing.assert_close(found, gain.float().expand(3, 64, 64), atol=0.01, rtol=0)
    stronger = response(fit(fakes * gain.square(), fakes, 1.21, 9), 64)
    assert abs(stronger[0, 32, 16] / found[0, 32, 16] - 1.1) < 0.02
    torch.testing.assert_close(stronger[:, 0, 0], torch.ones(3), atol=0.01, rtol=0)


def test_power_is_told_by_opponent_colors() -> None:
    torch.testing.assert_close(OPPONENT @ OPPONENT.T, torch.eye(3, dtype=torch.float64))
    grey = torch.randint(0, 256, (8, 1, SIDE, SIDE), dtype=torch.uint8).expand(-1, 3, -1, -1)
    power = mean_power(torch.split(grey, 3))
    assert power[0].mean() > 1000
    assert power[1:].abs().max() < 1e-3


def test_a_grid_is_taken_out_and_a_seed_still_gives_one_tile(
    tmp_path: Path, images: Data, run: Path, make_checkpoint: Callable[..., Path]
) -> None:
    draw_a_grid(run, make_checkpoint(tmp_path / "other", network="dcgan", side=SIDE))
    made = equalize(run, tmp_path / "equalized", images, embedder(), power=1.0, side=9)
    assert made.config == replace(checkpoint.describe(run).config, equalizer=9)
    before, after = (_grid_of(folder) for folder in (run, tmp_path / "equalized"))
    wanted = float(mean_power([images.images])[0, 0, SIDE // 2])
    assert before > 4 * wanted
    assert after < 0.5 * before
    assert (seed_tile(made.generator, 7) == seed_tile(checkpoint.load(tmp_path / "equalized").generator, 7)).all()
    about = made.about
    assert about["equalizer"]["weights_sha256"] == checkpoint.load(run).sha256
    assert about["metrics"]["weights_sha256"] == made.sha256
    assert about["images"] == 80
    card = (tmp_path / "equalized" / "README.md").read_text(encoding="utf-8")
    assert "a filter of 9 x 9 pixels" in card
    assert "rounded to float16" not in card
    assert sorted(path.name for path in (tmp_path / "equalized").iterdir()) == [
        *("README.md", "config.json", "metrics.jsonl", "model.safetensors", "preview.jpg")
    ]


def _grid_of(folder: Path) -> float:
    found = checkpoint.load(folder)
    pixels = torch.from_numpy(draw(found.generator, latents(0, 40, 8))).permute(0, 3, 1, 2)
    return float(mean_power([pixels])[0, 0, SIDE // 2])


def test_what_has_a_filter_or_can_have_none_is_refused_and_nothing_written(
    tmp_path: Path, images: Data, run: Path, make_checkpoint: Callable[..., Path]
) -> None:
    equalize(run, tmp_path / "once", images, embedder(), side=5)
    with pytest.raises(CheckpointError, match="once has been equalized already; name the checkpoint that it came from"):
        equalize(tmp_path / "once", tmp_path / "twice", images, embedder())
    with pytest.raises(CheckpointError, match="does not say how it was trained"):
        equalize(make_checkpoint(tmp_path / "unknown", side=SIDE), tmp_path / "twice", images, embedder())
    light = checkpoint.load(run)
    config = GeneratorConfig(network="stylegan2", z_dim=8, resolution=SIDE, width=2)
    checkpoint.save(run, config, build_generator(config).state_dict(), light.about)
    with pytest.raises(CheckpointError, match="cannot be equalized: The generator 'stylegan2' has no equalizer"):
        equalize(run, tmp_path / "twice", images, embedder())
    checkpoint.save(run, light.config, light.generator.state_dict(), {**light.about, "pretrained": NAME})
    with pytest.raises(SameFamilyError):
        equalize(run, tmp_path / "twice", images, embedder("EfficientNet"))
    assert not (tmp_path / "twice").exists()


def test_training_goes_on_without_the_filter(tmp_path: Path, images: Data, run: Path) -> None:
    equalize(run, tmp_path / "equalized", images, embedder(), side=5)
    begun = open_session(
        TINY, 0, images, tmp_path / "begun", Compute(torch.device("cpu")), start_from=tmp_path / "equalized"
    )
    plain = publish(run, tmp_path / "plain")
    assert WEIGHT not in begun.trainer.average.state_dict()
    for name, value in checkpoint.load(plain).generator.state_dict().items():
        assert torch.equal(begun.trainer.average.state_dict()[name].to(value), value), name


@pytest.mark.parametrize("side", [1, 4, 33, -3, True, 25])
def test_a_filter_of_no_allowed_side_is_refused(side: int) -> None:
    with pytest.raises(ValueError, match=r"The equalizer .* is not one of: 0, 3, 5"):
        GeneratorConfig(network="dcgan", z_dim=8, resolution=8, width=2, equalizer=side)


def test_the_largest_filter_of_a_small_picture_draws() -> None:
    config = GeneratorConfig(network="dcgan", z_dim=8, resolution=8, width=2, equalizer=15)
    assert draw(build_generator(config), latents(0, 3, 8)).shape == (3, 8, 8, 3)
    assert isinstance(build_generator(config).to_range, nn.Module)


def test_the_command_says_what_it_wrote_and_refuses_powers_that_are_none(
    tmp_path: Path, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "open_embedder", lambda *_: embedder())
    command = ["equalize", str(run), "--data", str(tmp_path / "pictures"), "--out", str(tmp_path / "out")]
    assert cli.main([*command, "--power", "1.05"]) == 0
    assert f"written: {tmp_path / 'out'} (KID " in capsys.readouterr().out
    assert checkpoint.describe(tmp_path / "out").about["equalizer"]["power"] == 1.05
    with pytest.raises(SystemExit):
        cli.main([*command, "--power", "3"])
    assert "'3' is not a number from 0.5 to 2" in capsys.readouterr().err


def test_a_checkpoint_is_never_replaced_by_what_is_made_of_it(tmp_path: Path, images: Data, run: Path) -> None:
    published = publish(run, tmp_path / "published", raw=True)
    before = {path.name: path.read_bytes() for path in published.iterdir()}
    for make in (lambda target: equalize(published, target, images, embedder()), partial(publish, published)):
        with pytest.raises(CheckpointError, match="is the checkpoint that the new one is made of; give another folder"):
            make(tmp_path / "run" / ".." / "published")
    assert {path.name: path.read_bytes() for path in published.iterdir()} == before


def test_the_working_directory_may_become_a_checkpoint(
    tmp_path: Path, images: Data, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, make in (
        ("equalized", partial(equalize, run, data=images, embedder=embedder())),
        ("published", partial(publish, run)),
    ):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        make(target=Path())
        assert f"checkpoints/{name} --seed 0" in (tmp_path / name / "README.md").read_text(encoding="utf-8")


def test_too_few_and_too_small_pictures_are_refused_before_anything_is_drawn(
    tmp_path: Path, images: Data, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "draw", lambda *_: pytest.fail("drawn"))
    few = replace(images, images=images.images[:3])
    with pytest.raises(ValueError, match="3 pictures are too few to compare with; 4 are needed"):
        equalize(run, tmp_path / "equalized", few, embedder())
    config = GeneratorConfig(network="dcgan", z_dim=8, resolution=8, width=2)
    checkpoint.save(run, config, build_generator(config).state_dict(), checkpoint.describe(run).about)
    with pytest.raises(CheckpointError, match="pictures of 8 x 8 are too small for a filter of 25 x 25 pixels"):
        equalize(run, tmp_path / "equalized", images, embedder())
