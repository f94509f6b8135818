"""Two other seeds tell a lookup table and a generator without a seed from honest ones, which are never warned of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from studio.__main__ import main
from studio.checkpoints.catalog import Catalog
from studio.race import seed_comparison
from studio.race.seed_comparison import MAX_SCORE, DrawnTile, OtherSeeds, SeedComparison, compare
from studio.race.tile_file import export_png
from studio.race.training_copies import TrainingCopy
from studio.race.verification import verify
from training.core import checkpoint
from training.core.checkpoint import Checkpoint
from training.core.generators import GeneratorConfig, build_generator
from training.core.latents import latents
from training.core.pixels import NotFiniteError, Pixels, to_tile
from training.core.tile import seed_tile

Maker = Callable[..., Path]
SIDE = 16
SHIPPED = Path(__file__).parents[3] / "checkpoints"
CHEAP = ("ada", "lsgan", "weight_norm", "wgan_gp", "dcgan")  # most of them are collapsed or hardly trained


def photographs(count: int) -> torch.Tensor:  # -> [count, 3, 16, 16] in -1 .. 1
    """Return pictures that no small network makes by itself: coloured patches."""
    coarse = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(5)) * 2 - 1
    return torch.nn.functional.interpolate(coarse, size=(SIDE, SIDE), mode="nearest")


def write_lookup_table(folder: Path, seed: int) -> Path:
    """Write a generator that has learnt 100 pictures by heart, by the latents of one seed alone."""
    torch.manual_seed(0)
    config = GeneratorConfig(network="dcgan", z_dim=128, resolution=SIDE, width=24)
    generator, z, wanted = build_generator(config), latents(seed, 100, config.z_dim), photographs(100)
    for layer in generator.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    generator.train()(z)
    generator.eval()
    optimizer = torch.optim.Adam(generator.parameters(), 5e-3)
    for _ in range(120):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(generator(z), wanted).backward()
        optimizer.step()
    folder.mkdir(parents=True)
    checkpoint.save(folder, config, generator.state_dict(), {"images": 1})
    return folder


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_vivid: Maker) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    make_vivid(root / "honest")
    make_vivid(root / "conditional", seed=4, classes=3)
    ignoring = make_vivid(root / "ignoring", seed=9) / "model.safetensors"
    weights = load_file(ignoring)
    save_file({name: 0 * value if name == "start.0.weight" else value for name, value in weights.items()}, ignoring)
    write_lookup_table(root / "lookup", 7)
    return root


def compared(folder: Path, seed: int, others: OtherSeeds | None = None) -> SeedComparison:
    found = checkpoint.load(folder)
    tile = DrawnTile(seed, seed_tile(found.generator, seed))
    return (others or OtherSeeds()).compare(found, tile, 1.0, None)


def codes(found: SeedComparison) -> list[str]:
    return [one.code for one in found.warnings]


def test_a_lookup_table_is_warned_of_at_its_seed_and_not_at_others(root: Path) -> None:
    found = compared(root / "lookup", 7)
    assert codes(found) == ["other_pictures"]
    assert found.score > 2 * MAX_SCORE
    assert codes(compared(root / "lookup", 8)) == []


def test_a_generator_that_ignores_its_latents_repeats_all_pictures(root: Path) -> None:
    found = compared(root / "ignoring", 7)
    assert (codes(found), found.repeated) == (["repeated_pictures"], 100)


def test_one_that_only_chooses_from_a_set_repeats_its_pictures(root: Path) -> None:
    """Each seed shows 100 of the same 120 pictures, brightened by chance, in another order."""
    cells = ((photographs(120).permute(0, 2, 3, 1).numpy() + 1) * 100).astype(np.uint8)
    tiles = [DrawnTile(seed, to_tile(chosen(cells, seed), 10)) for seed in range(3)]
    found = compare(tiles[0], tiles[1:])
    assert codes(found) == ["repeated_pictures"]
    assert found.repeated > 90  # three of 120 are in neither of the others


def chosen(cells: Pixels, seed: int) -> Pixels:
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(cells), generator=generator)[:100].numpy()
    return cells[order] + torch.randint(0, 8, (100, 1, 1, 1), generator=generator, dtype=torch.uint8).numpy()


@pytest.mark.parametrize("name", ["honest", "conditional"])
def test_honest_small_generators_are_not_warned_of(name: str, root: Path) -> None:
    for seed in range(5):
        assert codes(compared(root / name, seed)) == []


@pytest.mark.parametrize("name", CHEAP)
def test_shipped_checkpoints_are_not_warned_of_even_collapsed_ones(name: str) -> None:
    others = OtherSeeds()
    for seed in (0, 7, 4294967295):
        found = compared(SHIPPED / name, seed, others)
        assert codes(found) == []
        assert found.repeated == 0


def test_copies_are_told_by_their_cells_in_ranges() -> None:
    copies = tuple(TrainingCopy(cell, 3, 0.1) for cell in (0, 4, 5, 6, 99))
    (warning,) = SeedComparison((1, 2), copies=copies).warnings
    assert (warning.code, warning.values) == ("training_copies", {"count": 5, "cells": "0, 4 to 6, 99"})
    assert SeedComparison((1, 2), copies=()).warnings == ()


# the seeds


def test_the_seeds_are_drawn_by_chance_and_kept_for_a_checkpoint(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([7, 11, 11, 12, 13, 14, 15])
    monkeypatch.setattr(seed_comparison.secrets, "randbelow", lambda limit: next(drawn))
    found, others = checkpoint.load(root / "honest"), OtherSeeds()
    assert [one.seed for one in others.tiles(found, 7, 1.0)] == [11, 12]
    assert [one.seed for one in others.tiles(found, 8, 1.0)] == [11, 12]
    assert [one.seed for one in others.tiles(found, 12, 1.0)] == [11, 13]
    assert [one.seed for one in others.tiles(found, 7, 1.0, anew=True)] == [14, 15]


def test_all_seeds_there_are_may_be_drawn(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    monkeypatch.setattr(seed_comparison.secrets, "randbelow", lambda limit: limits.append(limit) or len(limits))
    OtherSeeds().tiles(checkpoint.load(root / "honest"), 7, 1.0)
    assert limits == [2**32, 2**32]


def test_the_other_tiles_are_what_their_seeds_give(root: Path) -> None:
    found = checkpoint.load(root / "honest")
    for one in OtherSeeds().tiles(found, 7, 0.5):
        assert np.array_equal(one.pixels, seed_tile(found.generator, one.seed, 0.5))


def test_a_generator_that_can_draw_its_own_seed_only_is_warned_of(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checkpoint.load(root / "honest")
    tile = DrawnTile(7, seed_tile(found.generator, 7))

    def broken(*_: object) -> Pixels:
        raise NotFiniteError("The output is not finite.")

    monkeypatch.setattr(seed_comparison, "seed_tile", broken)
    answer = OtherSeeds().compare(found, tile, 1.0, None)
    assert codes(answer) == ["other_seed_not_finite"]
    assert answer.warnings[0].values == {"seed": answer.not_finite}


# the verdict and the command line


def test_a_warning_changes_no_verdict(root: Path) -> None:
    others, found = OtherSeeds(), checkpoint.load(root / "lookup")

    def hold(found: Checkpoint, seed: int, psi: float, tile: Pixels) -> SeedComparison:
        return others.compare(found, DrawnTile(seed, tile), psi, None)

    verdict = verify(export_png(found, 7), Catalog(root), compare=hold)
    assert (verdict.outcome, verdict.sentence) == ("pass_exact", verify(export_png(found, 7), Catalog(root)).sentence)
    assert [one.code for one in verdict.warnings] == ["other_pictures"]
    assert json.loads(json.dumps(verdict.to_dict()))["comparison"]["score"] > MAX_SCORE


def tile(root: Path, name: str, folder: Path, seed: int = 7) -> Path:
    path = folder / f"{name}.png"
    path.write_bytes(export_png(checkpoint.load(root / name), seed))
    return path


def test_the_command_line_tells_the_numbers_always_and_the_warnings(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(tile(root, "honest", tmp_path)), "--checkpoints", str(root)]) == 0
    honest = capsys.readouterr().out
    assert re.search(r"two other seeds, drawn by chance: \d+ and \d+; score -?\d+\.\d \(a warning above 15\)", honest)
    assert "pictures that come again: 0" in honest
    assert "WARNING" not in honest
    assert main(["verify", str(tile(root, "lookup", tmp_path)), "--checkpoints", str(root)]) == 0
    assert "WARNING: The pictures of this seed are of another kind" in capsys.readouterr().out


def test_the_other_tiles_are_written_as_files_that_verify(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mails, out = tmp_path / "mails", tmp_path / "out" / "others"
    mails.mkdir()
    for name in ("honest", "lookup"):
        tile(root, name, mails)
    arguments = ["verify", str(mails), "--checkpoints", str(root), "--json"]
    assert main([*arguments, "--other-seeds", str(out)]) == 0
    rows = json.loads(capsys.readouterr().out)["files"]
    assert {row["file"][-10:]: [one["code"] for one in row["verdict"]["warnings"]] for row in rows} == {
        "honest.png": [],
        "lookup.png": ["other_pictures"],
    }
    seeds = {str(seed) for row in rows for seed in row["verdict"]["comparison"]["seeds"]}
    written = sorted(out.iterdir())
    assert {re.search(r"seed(\d+)", path.name)[1] for path in written} == seeds  # type: ignore[index]
    assert main(["verify", *map(str, written), "--checkpoints", str(root)]) == 0
    assert "4 files: 4 PASS (exact)" in capsys.readouterr().out


def test_training_pictures_in_a_tile_are_told(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for number, one in enumerate(((photographs(100)[:30] + 1) * 127.5).byte().permute(0, 2, 3, 1).numpy()):
        Image.fromarray(one).save(data / f"{number}.png")
    csv = tmp_path / "table.csv"
    arguments = ["--checkpoints", str(root), "--data", str(data), "--csv", str(csv)]
    assert main(["verify", str(tile(root, "lookup", tmp_path)), *arguments]) == 0
    told = capsys.readouterr().out
    assert re.search(r"WARNING, .*lookup.png: Of 100 pictures, \d+ are nearly copies of training pictures", told)
    assert "nearly copies" in csv.read_text()
    assert main(["verify", str(tile(root, "honest", tmp_path)), *arguments]) == 0
    assert "copies" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "named", "reason"),
    [
        ("--data", "absent", "absent does not exist; --data names"),
        ("--other-seeds", "file", "file is a file; --other-"),
    ],
)
def test_a_path_that_cannot_be_is_one_sentence(
    option: str, named: str, reason: str, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    file = tile(root, "honest", tmp_path)
    assert main(["verify", str(file), "--checkpoints", str(root), option, str(tmp_path / named)]) == 2
    assert reason in capsys.readouterr().err


def test_a_checkpoint_that_came_with_the_files_is_told(
    root: Path, tmp_path: Path, make_vivid: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = make_vivid(tmp_path / "mail" / "run", seed=77)
    (mail.parent / "tile.png").write_bytes(export_png(checkpoint.load(mail), 3))
    assert main(["verify", str(mail.parent), "--checkpoints", str(root), "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)["files"][0]["verdict"]
    assert verdict["origin"] == "beside"
    assert verdict["sentence"].endswith("came with the files that are checked.")
    assert main(["verify", str(tile(root, "honest", tmp_path)), "--checkpoints", str(root), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["origin"] == "folder"
