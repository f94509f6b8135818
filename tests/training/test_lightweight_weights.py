"""A file as lightweight-gan writes it, its pictures by formulas of their own, and what of it is refused."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from studio import __main__ as studio
from training import __main__ as cli
from training import convert
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.generators import GeneratorConfig
from training.core.latents import latents
from training.core.pixels import to_uint8

CELLS = 3
NOISE_ENDS = [(-0.7772218, 1.8693763, 1.2293570), (-1.1134013, -0.4513566, 1.7552775)]  # at 8 x 8 and 16 x 16
State = dict[str, Tensor]


@dataclass(frozen=True)
class Made:
    """Random weights, and what they are drawn with."""

    state: State
    random: torch.Generator

    def convolve(self, name: str, *shape: int, outputs: int | None = None, bias: bool = True) -> None:
        self.state[f"{name}.weight"] = torch.randn(shape, generator=self.random) * (2.0 / math.prod(shape[1:])) ** 0.5
        if bias:
            self.state[f"{name}.bias"] = 0.3 * torch.randn(outputs or shape[0], generator=self.random)

    def norm(self, name: str, channels: int) -> None:
        self.state[f"{name}.weight"] = 0.5 + torch.rand(channels, generator=self.random)
        self.state[f"{name}.bias"] = 0.3 * torch.randn(channels, generator=self.random)
        self.state.update({f"{name}.running_mean": torch.zeros(channels), f"{name}.running_var": torch.ones(channels)})
        self.state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def block(self, name: str, before: int, after: int, doubling: str) -> None:
        between = after if doubling == "sub_pixel_narrow" else before
        if doubling != "nearest":
            self.convolve(f"{name}.0.0.net.0", 4 * between, before, 1, 1)
        self.state[f"{name}.0.1.f"] = torch.tensor([1.0, 2.0, 1.0]) * (1.0 + 1e-5)  # an average of it is not exact
        self.convolve(f"{name}.0.2.1", 2 * after, between, 4, 4)
        self.state[f"{name}.0.3.weight"] = 0.1 + 0.2 * torch.rand(1, generator=self.random)
        self.norm(f"{name}.0.4", 2 * after)

    def excite(self, name: str, source: int, target: int, side: int) -> None:
        """Write an excitation; `side` is that of its waves, and 0 where it is a global context."""
        inner = max(3, target // (4 if side else 2))
        if side:
            self.state[f"{name}.dct_weights"] = waves(source, side)[None]
        else:
            self.convolve(f"{name}.to_k", 1, source, 1, 1)
        self.convolve(f"{name}.net.0", inner, source, 1, 1)
        self.convolve(f"{name}.net.2", target, inner, 1, 1)

    def attend(self, name: str, channels: int) -> None:
        self.state[f"{name}.norm.g"] = 0.5 + torch.rand(1, channels, 1, 1, generator=self.random)
        self.state[f"{name}.norm.b"] = 0.3 * torch.randn(1, channels, 1, 1, generator=self.random)
        for leaf, outputs in (("to_lin_q", 512), ("to_lin_kv.net.1", 1024), ("to_q", 512), ("to_kv", 1024)):
            self.convolve(f"{name}.fn.{leaf}", outputs, channels, 1, 1, bias=False)
        self.convolve(f"{name}.fn.to_lin_kv.net.0", channels, 1, 3, 3, bias=False)
        self.convolve(f"{name}.fn.to_out", channels, 1024, 1, 1)


@dataclass(frozen=True)
class Original:
    """A network of the program: `widths` are the channels that its blocks give, of 8 x 8, 16 x 16 and so on."""

    z_dim: int
    widths: tuple[int, ...]
    doubling: str = "sub_pixel"
    frequency: bool = False
    attention: tuple[int, ...] = ()
    colours: int = 3

    def state(self, seed: int = 1) -> State:
        """Return random weights by the program's names, its constants, and the statistics of a few pictures."""
        made = Made({}, torch.Generator().manual_seed(seed))
        made.convolve("initial_conv.0", self.z_dim, 2 * self.z_dim, 4, 4, outputs=2 * self.z_dim)
        made.norm("initial_conv.1", 2 * self.z_dim)
        for block, (before, after) in enumerate(pairwise((self.z_dim, *self.widths))):
            made.block(f"layers.{block}", before, after, self.doubling)
            if block >= 1 and block + 3 < len(self.widths):
                made.excite(f"layers.{block}.1", after, self.widths[block + 3], 8 * 2**block * self.frequency)
            if 4 * 2**block in self.attention:
                made.attend(f"layers.{block}.2", before)
        made.convolve("out_conv", self.colours, self.widths[-1] if self.widths else self.z_dim, 3, 3)
        made.state["out_conv.weight"] *= 0.2
        noise = [torch.randn(8, 1, 8 << block, 8 << block, generator=made.random) for block in range(len(self.widths))]
        z = torch.randn(8, self.z_dim, generator=made.random)
        settled = self.draw(made.state, z, noise, settle=True)[1]
        return {
            name: settled[name].float() if value.is_floating_point() else value for name, value in made.state.items()
        }

    def draw(self, state: State, z: Tensor, noise: list[Tensor], *, settle: bool = False) -> tuple[Tensor, State]:
        """Draw pictures in 0 .. 1 with this noise for each block, in float64.

        With `settle` the norms take the statistics of these pictures. Returns the weights, too.
        """
        w = {name: value.double() for name, value in state.items()}
        x = F.conv_transpose2d(z.double()[:, :, None, None], w["initial_conv.0.weight"], w["initial_conv.0.bias"])
        x = F.glu(normed(w, "initial_conv.1", x, settle=settle), dim=1)
        x = x / x.square().sum(dim=1, keepdim=True).sqrt()
        gains: dict[int, Tensor] = {}
        for block in range(len(self.widths)):
            name = f"layers.{block}"
            if f"{name}.2.fn.to_q.weight" in w:
                x = x + attended(w, f"{name}.2", x)
            x = convolved(w, f"{name}.0.2.1", blurred(doubled(w, f"{name}.0.0.net.0", x)), padding=2)[:, :, :-1, :-1]
            x = x + w[f"{name}.0.3.weight"] * noise[block].double()
            x = F.glu(normed(w, f"{name}.0.4", x, settle=settle), dim=1) * gains.get(block, torch.tensor(1.0))
            if f"{name}.1.net.0.weight" in w:
                gains[block + 3] = gain(w, f"{name}.1", x)
        return convolved(w, "out_conv", x, padding=1), w


def convolved(w: State, name: str, x: Tensor, padding: int = 0, groups: int = 1) -> Tensor:
    return F.conv2d(x, w[f"{name}.weight"], w.get(f"{name}.bias"), padding=padding, groups=groups)


def normed(w: State, name: str, x: Tensor, *, settle: bool) -> Tensor:
    if settle:
        w[f"{name}.running_mean"], w[f"{name}.running_var"] = x.mean(dim=(0, 2, 3)), x.var(dim=(0, 2, 3))
    return F.batch_norm(x, *(w[f"{name}.{leaf}"] for leaf in ("running_mean", "running_var", "weight", "bias")))


def doubled(w: State, name: str, x: Tensor) -> Tensor:
    if f"{name}.weight" not in w:
        return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    return F.pixel_shuffle(F.silu(convolved(w, name, x)), 2)


def blurred(x: Tensor) -> Tensor:
    kernel = torch.tensor([[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]], dtype=torch.float64) / 16
    return F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), kernel.expand(x.shape[1], 1, 3, 3), groups=x.shape[1])


def gain(w: State, name: str, x: Tensor) -> Tensor:
    if f"{name}.dct_weights" in w:
        summed = (x * w[f"{name}.dct_weights"]).sum(dim=(2, 3))
    else:
        shares = convolved(w, f"{name}.to_k", x).exp()
        summed = (x * shares).sum(dim=(2, 3)) / shares.sum(dim=(2, 3))
    inner = F.leaky_relu(convolved(w, f"{name}.net.0", summed[:, :, None, None]), 0.1)
    return convolved(w, f"{name}.net.2", inner).sigmoid()


def waves(channels: int, side: int) -> Tensor:
    """Return the cosine that each channel is multiplied by, worked out place by place."""
    share, found = channels // 16, np.zeros((channels, side, side), np.float32)

    def wave(place: int, frequency: int) -> float:
        scale = 1.0 if frequency == 0 else math.sqrt(2.0)
        return scale * math.cos(math.pi * frequency * (place + 0.5) / side) / math.sqrt(side)

    for index, (down, right) in enumerate([(0, k) for k in range(8)] + [(k, 0) for k in range(8)]):
        plane = np.array([[wave(row, down) * wave(column, right) for column in range(side)] for row in range(side)])
        found[index * share : (index + 1) * share] = plane
    return torch.from_numpy(found)


def attended(w: State, name: str, x: Tensor) -> Tensor:
    """Attend to all places linearly, and to the nine around each, one head of 64 channels after the other."""
    mean, variance = x.mean(dim=1, keepdim=True), x.var(dim=1, unbiased=False, keepdim=True)
    x = (x - mean) / (variance + 1e-5).sqrt() * w[f"{name}.norm.g"] + w[f"{name}.norm.b"]
    name, (count, channels, side, _) = f"{name}.fn", x.shape
    far_kv = convolved(
        w, f"{name}.to_lin_kv.net.1", convolved(w, f"{name}.to_lin_kv.net.0", x, padding=1, groups=channels)
    )
    far = [convolved(w, f"{name}.to_lin_q", x), *far_kv.split(512, dim=1)]
    near = [convolved(w, f"{name}.to_q", x), *convolved(w, f"{name}.to_kv", x).split(512, dim=1)]
    outputs: list[Tensor] = []
    for head in range(8):
        q, k, v = (one[:, 64 * head : 64 * head + 64].flatten(2) for one in far)  # [count, 64, places]
        context = torch.einsum("ndp,nep->nde", k.softmax(dim=2), v)
        outputs.append(F.gelu(torch.einsum("ndp,nde->nep", q.softmax(dim=1) / 8.0, context)))
    for head in range(8):
        q, k, v = (one[:, 64 * head : 64 * head + 64] for one in near)
        k, v = (F.unfold(one, 3, padding=1).view(count, 64, 9, side * side) for one in (k, v))
        shares = torch.einsum("ndp,ndjp->njp", q.flatten(2) / 8.0, k).softmax(dim=1)
        outputs.append(torch.einsum("njp,ndjp->ndp", shares, v))
    return convolved(w, f"{name}.to_out", torch.cat(outputs, dim=1).view(count, 1024, side, side))


SMALL = Original(6, (5, 4))
NETWORKS = [
    Original(12, (20, 20, 16, 8, 4), attention=(8, 16)),
    Original(24, (40, 40, 24, 12, 6), doubling="nearest", frequency=True),
    Original(6, (16, 10, 5), doubling="sub_pixel_narrow", attention=(4,)),
    Original(7, (12, 12, 12, 8, 4, 2), frequency=True),
]


def saved(file: Path, state: State, average: State | None = None, version: str = "1.2.1") -> Path:
    """Write a file as the program does: its networks are one record, whose names have prefixes."""
    networks = {"G": state, "D": {"to_logits.0.weight": torch.zeros(3, 2, 1, 1)}, "GE": average or state}
    record = {f"{prefix}.{name}": value for prefix, inner in networks.items() for name, value in inner.items()}
    torch.save({"GAN": record, "version": version, "G_scaler": {}, "D_scaler": {}}, file)
    return file


def check_same_pictures(folder: Path, original: Original, state: State) -> None:
    found = checkpoint.load(folder)
    z, noise = latents(3, CELLS, found.config.z_dim), [block.noise for block in found.generator.blocks]
    with torch.no_grad():
        drawn = found.generator(z)
    expected = original.draw(state, z, noise)[0]
    assert expected.std(dim=(1, 2, 3)).min() > 0.05  # pictures, no flat colour
    assert (expected[0] - expected[1]).abs().mean() > 0.01
    torch.testing.assert_close(drawn.double(), 2.0 * expected - 1.0, atol=5e-5, rtol=0)
    levels = (255.0 * expected).round().clamp(0, 255).permute(0, 2, 3, 1).numpy() - to_uint8(drawn)
    assert np.abs(levels).max() <= 1
    assert (levels != 0).mean() < 0.001


@pytest.mark.parametrize("original", NETWORKS, ids=lambda one: f"{one.doubling}-{4 * 2 ** len(one.widths)}")
def test_lightweight_gans_generator_draws_the_same_pictures_with_the_same_noise(
    tmp_path: Path, original: Original
) -> None:
    state = original.state()
    found = convert.convert(saved(tmp_path / "model_1.pt", state), tmp_path / "out")
    assert found.config == GeneratorConfig(
        network="lightweight_gan",
        z_dim=original.z_dim,
        resolution=4 * 2 ** len(original.widths),
        width=original.widths[-1],
        output="linear",
        most=original.widths[0],
        doubling=original.doubling,
        excitation="frequency" if original.frequency else "context",
        linear_attention=original.attention,
    )
    check_same_pictures(tmp_path / "out", original, state)


def test_the_average_is_taken_and_the_other_one_where_it_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, average = SMALL.state(1), SMALL.state(2)
    file = saved(tmp_path / "model_1.pt", state, average)
    command = ["convert", str(file), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 0
    assert "GAN.GE: the generator of the program lightweight-gan; z 6, width 4, 16 x 16" in capsys.readouterr().out
    check_same_pictures(tmp_path / "out", SMALL, average)
    assert cli.main([*command, "--entry", "GAN.G"]) == 0
    check_same_pictures(tmp_path / "out", SMALL, state)
    assert cli.main([*command, "--entry", "GAN.D"]) == 2
    assert "has no entry 'GAN.D' of weights; it has: GAN.G, GAN.GE." in capsys.readouterr().err


def test_a_generator_saved_alone_and_in_half_precision_is_taken(tmp_path: Path) -> None:
    state = {name: value.half() if value.is_floating_point() else value for name, value in SMALL.state().items()}
    torch.save(state, tmp_path / "file.pt")
    assert convert.convert(tmp_path / "file.pt", tmp_path / "out").entry == convert.WHOLE_FILE
    check_same_pictures(tmp_path / "out", SMALL, {name: value.float() for name, value in state.items()})


def test_the_noise_is_one_map_a_block_of_a_frozen_stream(tmp_path: Path) -> None:
    convert.convert(saved(tmp_path / "model_1.pt", SMALL.state()), tmp_path / "out")
    found = checkpoint.load(tmp_path / "out").generator.state_dict()
    for block, values in enumerate(NOISE_ENDS):
        assert found[f"blocks.{block}.noise"][0, -1, -3:].tolist() == pytest.approx(values, rel=1e-6)
    assert "the noise of each layer is one map" in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_its_tile_is_exported_and_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    original = Original(12, (20, 20, 16, 8), attention=(8,))
    convert.convert(saved(tmp_path / "model_1.pt", original.state()), tmp_path / "checkpoints" / "light")
    folder, tile = tmp_path / "checkpoints", tmp_path / "tile.png"
    assert studio.main(["export", str(folder / "light"), "--seed", "7", "--out", str(tile)]) == 0
    capsys.readouterr()
    assert studio.main(["verify", str(tile), "--checkpoints", str(folder)]) == 0
    assert "PASS" in capsys.readouterr().out


WAVES = Original(4, (16, 16, 16, 8, 4), frequency=True)
CHANNELS = "its blocks have 8, 5, 3 channels; with 3 at the end 8, 6, 3 are wanted."
REFUSED: list[tuple[Callable[[], State], str]] = [
    (replace(SMALL, colours=4).state, "its pictures have 4 channels; 3 are wanted."),
    (replace(SMALL, colours=1).state, "its pictures have 1 channels; 3 are wanted."),
    (Original(4, (1,) * 7).state, "The resolution 512 is not one of: 8, 16, 32, 64, 128, 256."),
    (Original(4, (8, 5, 3)).state, CHANNELS),
    (Original(4, ()).state, "it has no blocks."),
    (
        lambda: SMALL.state() | {"layers.0.0.2.weight": torch.zeros(10, 6, 3, 3)},
        "lightweight-gan has no layer 'layers.0.0.2.weight' from version 0.21.4 on.",
    ),
    (lambda: without("layers.1.0.3.weight"), "what becomes blocks.1.strength is missing in it."),
    (
        lambda: SMALL.state() | {"layers.1.1.to_k.bias": torch.zeros(1)},
        "a network of its shapes has no 'layers.1.1.to_k.bias'.",
    ),
    (
        lambda: SMALL.state() | {"layers.1.0.4.bias": torch.zeros(9)},
        "layers.1.0.4.bias has the shape (9,); (8,) is wanted.",
    ),
    (
        lambda: SMALL.state() | {"layers.0.0.1.f": torch.tensor([1.0, 2.0, 1.5])},
        "layers.0.0.1.f has not the values that lightweight-gan gives it.",
    ),
    (
        lambda: WAVES.state() | {"layers.1.1.dct_weights": -waves(16, 16)[None]},
        "layers.1.1.dct_weights has not the values that lightweight-gan gives it.",
    ),
    (
        lambda: WAVES.state() | {"layers.1.1.dct_weights": torch.zeros(()).expand(1, 16, 10**6, 10**6)},
        "layers.1.1.dct_weights has not the values that lightweight-gan gives it.",
    ),
    (lambda: SMALL.state() | {"out_conv.weight": torch.zeros(())}, "its pictures have 0 channels; 3 are wanted."),
    (
        lambda: SMALL.state() | {"out_conv.bias": torch.full((3,), torch.nan)},
        "its weights are not finite: its training has diverged.",
    ),
]


def without(name: str) -> State:
    return {key: value for key, value in SMALL.state().items() if key != name}


@pytest.mark.parametrize(("content", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_not_covered_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Callable[[], State], said: str
) -> None:
    file = saved(tmp_path / "model_1.pt", content())
    assert cli.main(["convert", str(file), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {file} holds no generator that this program can draw with: GAN.G: ")
    assert error.endswith(f"; GAN.GE: {said}\n")
    assert not (tmp_path / "out").exists()


def test_a_version_of_the_same_shapes_that_draws_otherwise_is_refused(tmp_path: Path) -> None:
    state = replace(SMALL, doubling="nearest").state()
    said = "is of lightweight-gan 0.21.3, whose layers cannot be drawn here; from version 0.21.4 on they can."
    with pytest.raises(CheckpointError, match=re.escape(said)):
        convert.convert(saved(tmp_path / "model_1.pt", state, version="0.21.3"), tmp_path / "out")
    convert.convert(saved(tmp_path / "model_1.pt", state, version="0.23.3"), tmp_path / "out")
