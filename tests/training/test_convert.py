from __future__ import annotations

import os
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training import __main__ as cli
from training import convert
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.latents import latents
from training.core.pixels import to_uint8

CELLS = 6


def course_program(z_dim: int, base: int) -> nn.Sequential:
    """Build the sample program's generator as its own text describes it, up to 128 x 128."""
    widths = [16 * base, 16 * base, 8 * base, 4 * base, 2 * base, base]
    layers: list[nn.Module] = [nn.ConvTranspose2d(z_dim, widths[0], 4, 1, 0), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for before, after in pairwise(widths):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(base, 3, 3, padding=1), nn.Tanh())


def tutorial(z_dim: int, width: int, *, bias: bool = False) -> nn.Sequential:
    """Build the DCGAN tutorial's generator, 64 x 64: eight, four, two and one widths."""
    layers: list[nn.Module] = []
    channels = [z_dim, 8 * width, 4 * width, 2 * width, width]
    for index, (before, after) in enumerate(pairwise(channels)):
        stride, padding = (2, 1) if index else (1, 0)
        layers += [nn.ConvTranspose2d(before, after, 4, stride, padding, bias=bias), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())


def trained(network: nn.Sequential, z_dim: int) -> nn.Sequential:
    """Give a network statistics and gains as a training would, so that nothing is at its initial value."""
    torch.manual_seed(1)
    for layer in network:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.3)
            layer.momentum = None
    with torch.no_grad():
        network.train()(torch.randn(32, z_dim, 1, 1))
    return network.eval()


@torch.no_grad()
def pictures(network: nn.Sequential, z_dim: int) -> Tensor:
    return network(latents(3, CELLS, z_dim)[:, :, None, None])  # type: ignore[no-any-return]


def drawn(folder: Path) -> Tensor:
    found = checkpoint.load(folder)
    with torch.no_grad():
        return found.generator(latents(3, CELLS, found.config.z_dim))  # type: ignore[no-any-return]


def check_same_pictures(folder: Path, network: nn.Sequential, z_dim: int) -> None:
    expected, found = pictures(network, z_dim), drawn(folder)
    assert expected.std() > 0.05  # pictures, no flat colour
    torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)
    levels = np.abs(to_uint8(found).astype(int) - to_uint8(expected).astype(int))
    assert levels.max() <= 1
    assert (levels > 0).mean() < 0.001


@pytest.mark.parametrize(("z_dim", "base"), [(32, 32), (7, 3)])
def test_the_course_programs_checkpoint_draws_the_same_pictures(tmp_path: Path, z_dim: int, base: int) -> None:
    network = trained(course_program(z_dim, base), z_dim)
    judge = nn.Sequential(nn.Conv2d(3, base, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(base, 1, 4))
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
    torch.manual_seed(0)
    network(torch.randn(2, z_dim, 1, 1)).sum().backward()
    file = tmp_path / "epoch_150.pth"
    saved = {"netG": network.state_dict(), "netD": judge.state_dict(), "optimizerG": optimizer.state_dict()}
    torch.save({**saved, "epoch": 150, "steps": 49_050}, file)
    found = convert.convert(file, tmp_path / "course")
    assert found.entry == "netG"
    config = {"network": "course", "z_dim": z_dim, "resolution": 128, "width": base}
    assert checkpoint.describe(tmp_path / "course").config.to_dict() == config
    check_same_pictures(tmp_path / "course", network, z_dim)


@pytest.mark.parametrize("bias", [False, True])
def test_the_tutorials_generator_draws_the_same_pictures(tmp_path: Path, bias: bool) -> None:
    network = trained(tutorial(100, 8, bias=bias), 100)
    state = OrderedDict((f"module.main.{name}", value) for name, value in network.state_dict().items())
    torch.save(state, tmp_path / "netG_epoch_4.pth")
    found = convert.convert(tmp_path / "netG_epoch_4.pth", tmp_path / "tutorial")
    assert found.entry == convert.WHOLE_FILE
    assert (found.config.network, found.config.z_dim, found.config.width) == ("dcgan", 100, 8)
    assert found.config.resolution == 64
    check_same_pictures(tmp_path / "tutorial", network, 100)


def test_names_and_the_order_of_norms_among_layers_do_not_matter(tmp_path: Path) -> None:
    network = trained(course_program(5, 2), 5)
    state = network.state_dict()
    norms = {f"bn{name}": value for name, value in state.items() if int(name.split(".")[0]) % 3 == 1}
    others = {f"conv{name}": value for name, value in state.items() if int(name.split(".")[0]) % 3 != 1}
    torch.save({"model": {"generator": norms | others}}, tmp_path / "file.pt")
    assert convert.convert(tmp_path / "file.pt", tmp_path / "out").entry == "model.generator"
    check_same_pictures(tmp_path / "out", network, 5)


def test_weights_in_half_precision_and_without_biases_or_counts_are_taken(tmp_path: Path) -> None:
    network = trained(course_program(5, 2), 5)
    with torch.no_grad():
        for layer in network:
            if isinstance(layer, nn.ConvTranspose2d):
                assert layer.bias is not None
                layer.bias.zero_()
    network.half().float()
    state = network.state_dict()
    empty = {f"{index}.bias" for index, layer in enumerate(network) if isinstance(layer, nn.ConvTranspose2d)}
    kept = {name: value for name, value in state.items() if name not in empty and "num_batches" not in name}
    torch.save({name: value.half() for name, value in kept.items()}, tmp_path / "file.pt")
    convert.convert(tmp_path / "file.pt", tmp_path / "out")
    check_same_pictures(tmp_path / "out", network, 5)


def test_the_checkpoint_says_what_it_was_made_of_and_is_replaced_by_the_next(tmp_path: Path) -> None:
    file = tmp_path / "netG.pth"
    torch.save(course_program(5, 2).state_dict(), file)
    for _ in range(2):
        convert.convert(file, tmp_path / "out")
    about = checkpoint.describe(tmp_path / "out").about["converted"]
    assert about == {"file": "netG.pth", "sha256": checkpoint.file_sha256(file), "entry": convert.WHOLE_FILE}
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["README.md", "config.json", "model.safetensors", "preview.jpg"]
    (tmp_path / "out" / "diary.txt").write_text("mine")
    with pytest.raises(CheckpointError, match=r"holds diary\.txt"):
        convert.convert(file, tmp_path / "out")


class Marker:
    """An object whose unpickling makes a file: what a hostile checkpoint would do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def as_a_zip(value: object, file: Path) -> None:
    torch.save(value, file)


def as_an_old_file(value: object, file: Path) -> None:
    torch.save(value, file, _use_new_zipfile_serialization=False)


def as_a_bare_pickle(value: object, file: Path) -> None:
    file.write_bytes(pickle.dumps(value))


@pytest.mark.parametrize("write", [as_a_zip, as_an_old_file, as_a_bare_pickle])
def test_a_file_that_would_run_code_is_refused_and_runs_nothing(
    tmp_path: Path, write: Callable[[object, Path], None]
) -> None:
    state = course_program(5, 2).state_dict()
    write({"netG": state, "evil": Marker(tmp_path / "ran")}, tmp_path / "file.pth")
    with pytest.raises(CheckpointError, match=r"file\.pth cannot be converted: .*\.$"):
        convert.convert(tmp_path / "file.pth", tmp_path / "out")
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()
    pickle.loads(pickle.dumps(Marker(tmp_path / "ran")))  # and it would have
    assert (tmp_path / "ran").exists()


def without(state: dict[str, Tensor], *names: str) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name not in names}


def broken(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value * torch.nan if name == "0.weight" else value for name, value in state.items()}


def odd_widths() -> dict[str, Tensor]:
    blocks = [nn.ConvTranspose2d(5, 8, 4), nn.BatchNorm2d(8), nn.ConvTranspose2d(8, 6, 4, 2, 1), nn.BatchNorm2d(6)]
    return nn.Sequential(*blocks, nn.Conv2d(6, 3, 3)).state_dict()


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: {"epoch": 3}, "holds no generator that this program can draw with: it holds no weights."),
    (lambda: [torch.zeros(3)], "it holds no weights."),
    (lambda: {"netG": {"fc.weight": torch.zeros(3, 3)}}, "netG: fc is neither a convolution nor a batch norm."),
    (lambda: {"scale": torch.zeros(3)}, "the whole file: scale is neither a convolution nor a batch norm."),
    (lambda: without(course_program(5, 2).state_dict(), "4.running_mean"), "4 is neither a convolution nor"),
    (lambda: nn.Sequential(*[nn.Conv2d(3, 3, 3)] * 2).state_dict(), "it has 2 convolutions and 0 batch norms; three"),
    (lambda: course_program(2000, 1).state_dict(), "The z_dim 2000 is not one of: 1 to 1024."),
    (odd_widths, "its layers have 8, 6 channels; with 6 at the end this program's generator 'course' has 12, 6."),
    (lambda: broken(course_program(5, 2).state_dict()), "its weights are not finite: its training has diverged."),
    (lambda: nn.Sequential(*tutorial(5, 2)[:-2], nn.ConvTranspose2d(2, 1, 4)).state_dict(), "have 1 channels; 3 are"),
    (lambda: nn.Sequential(*tutorial(5, 2)[:-2], nn.ConvTranspose2d(4, 3, 4)).state_dict(), "do not take what the"),
    (lambda: nn.Sequential(*tutorial(5, 2)[:-2], nn.ConvTranspose2d(2, 3, 4)).state_dict(), "has a bias, which"),
    (lambda: nn.Sequential(*tutorial(5, 2)[:-2], nn.ConvTranspose2d(2, 3, 5)).state_dict(), "are not 4 x 4, the last"),
]


@pytest.mark.parametrize(("content", "said"), REFUSED, ids=[said[:40] for _, said in REFUSED])
def test_what_is_no_such_generator_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: Callable[[], object], said: str
) -> None:
    file = tmp_path / "file.pth"
    torch.save(content(), file)
    assert cli.main(["convert", str(file), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith(f"error: {file} holds no generator that this program can draw with: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "damaged"), (b"hello", "damaged"), (b"PK\x03\x04 half", "damaged"), (None, "There is no file")],
)
def test_what_torch_did_not_write_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "file.pth"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CheckpointError, match=said):
        convert.convert(file, tmp_path / "out")


def test_a_whole_network_in_place_of_its_weights_is_refused_with_the_remedy(tmp_path: Path) -> None:
    torch.save(course_program(5, 2), tmp_path / "file.pth")
    with pytest.raises(CheckpointError, match=r"torch\.nn\.modules.*save the generator's state_dict\(\) alone\.$"):
        convert.convert(tmp_path / "file.pth", tmp_path / "out")


def test_of_several_generators_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    networks = {name: trained(course_program(5, width), 5) for name, width in (("netG", 2), ("averaged", 3))}
    file, out = tmp_path / "file.pth", tmp_path / "out"
    torch.save({name: network.state_dict() for name, network in networks.items()}, file)
    command = ["convert", str(file), "--out", str(out)]
    assert cli.main(command) == 2
    assert "holds several generators (netG, averaged); name one with --entry." in capsys.readouterr().err
    assert cli.main([*command, "--entry", "netD"]) == 2
    assert "has no entry 'netD' of weights; it has: netG, averaged." in capsys.readouterr().err
    assert cli.main([*command, "--entry", "averaged"]) == 0
    line = capsys.readouterr().out
    assert re.search(r"averaged: the generator of the course's sample program; z 5, width 3, 128 x 128 pixels", line)
    check_same_pictures(out, networks["averaged"], 5)
