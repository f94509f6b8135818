"""The verifier trusts pixels: every kind of change to a tile is told, and no lie in its manifest helps."""

from __future__ import annotations

import io
import json
import shutil
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, PngImagePlugin

from studio.checkpoints.catalog import Catalog
from studio.race.manifest import CHUNK, MALFORMED, manifest
from studio.race.remarks import in_ranges
from studio.race.tile_file import export_png, read_png
from studio.race.verdict import SENTENCES, Verdict
from studio.race.verification import verify
from training.core.checkpoint import RAW_WEIGHTS, WEIGHTS, Checkpoint, canonical_json
from training.core.latents import latents
from training.core.pixels import Pixels, to_cells, to_tile
from training.core.tile import draw, seed_tile
from training.core.tolerance import MAX_CELL_SHARE, MAX_TILE_SHARE

SIDE = 16
SEED = 7
VALUES = SIDE * SIDE * 3  # of a cell


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Catalog:
    root = tmp_path_factory.mktemp("checkpoints")
    make_vivid(root / "one")
    make_vivid(root / "two", seed=1, network="dcgan")
    return Catalog(root)


@pytest.fixture(scope="module")
def found(catalog: Catalog) -> Checkpoint:
    return catalog.load(str(catalog.entries()[0].sha256))


@pytest.fixture(scope="module")
def tile(found: Checkpoint) -> Pixels:
    tile = seed_tile(found.generator, SEED)
    tile.flags.writeable = False
    return tile


@pytest.fixture(scope="module")
def claims(found: Checkpoint, tile: Pixels) -> dict[str, Any]:
    return manifest(found, SEED, tile)


def png(pixels: Pixels, text: object = None, kind: str = "PNG", **options: Any) -> bytes:
    """Save a picture as anybody could; `text` is a manifest, or what stands in its place."""
    if text is not None:
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_itxt(CHUNK, text if isinstance(text, str) else canonical_json(text))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def with_cells(tile: Pixels, cells: dict[int, Pixels]) -> Pixels:
    changed = to_cells(tile, SIDE).copy()
    for index, cell in cells.items():
        changed[index] = cell
    return to_tile(changed, 10)


def facts(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome, verdict.reason


# what passes


def test_an_honest_tile_passes_exactly_whatever_the_process_computes_in(catalog: Catalog, found: Checkpoint) -> None:
    data = export_png(found, SEED)
    torch.set_float32_matmul_precision("medium")
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert export_png(found, SEED) == data
            assert facts(verify(data, catalog)) == ("pass_exact", "exact")
    finally:
        torch.set_float32_matmul_precision("highest")


def test_an_exported_tile_passes_exactly(catalog: Catalog, found: Checkpoint) -> None:
    verdict = verify(export_png(found, SEED), catalog)
    assert facts(verdict) == ("pass_exact", "exact")
    assert (verdict.passed, verdict.seed, verdict.checkpoint) == (True, SEED, found.sha256)
    assert (verdict.cells, verdict.largest, verdict.share) == ((), 0, 0.0)
    assert (verdict.claims, verdict.notes) == ((), ())
    assert verdict.sentence == f"Every value of the picture is what seed 7 of checkpoint {found.sha256[:8]} gives."


def test_saving_it_again_without_loss_still_passes_exactly(catalog: Catalog, found: Checkpoint, tile: Pixels) -> None:
    for data in (png(tile), png(tile, optimize=True)):
        assert facts(verify(data, catalog, seed=SEED, checkpoint=found.sha256)) == ("pass_exact", "exact")


@pytest.mark.parametrize(("kind", "options"), [("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})])
def test_another_kind_of_file_with_the_same_values_is_no_pass_as_it_may_be_shown_otherwise(
    kind: str, options: dict[str, bool], catalog: Catalog, found: Checkpoint, tile: Pixels
) -> None:
    verdict = verify(png(tile, kind=kind, **options), catalog, seed=SEED, checkpoint=found.sha256)
    assert facts(verdict) == ("fail", "no_png")
    assert f"but a {kind} may say" in verdict.sentence


def test_another_batch_size_passes(catalog: Catalog, found: Checkpoint, claims: dict[str, Any]) -> None:
    z = latents(SEED, 100, found.config.z_dim)
    one_by_one = np.concatenate([draw(found.generator, row) for row in z.split(1)])
    assert verify(png(to_tile(one_by_one, 10), claims), catalog).passed


def test_rounding_noise_passes_within_tolerance(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    noisy = tile.copy()
    noisy[3::SIDE, 5::SIDE, 1] ^= 1  # one value of each cell, by one level
    verdict = verify(png(noisy, claims), catalog)
    assert facts(verdict) == ("pass_tolerance", "within_tolerance")
    assert (verdict.passed, verdict.cells, verdict.largest) == (True, (), 1)
    assert verdict.share == pytest.approx(1 / VALUES)
    assert "at most 1 of 255 levels, in 0.1302 % of its values" in verdict.sentence


# what fails


@pytest.mark.parametrize("cell", [0, 1, 9, 10, 37, 55, 90, 99])
def test_one_exchanged_cell_is_named_wherever_it_is(
    cell: int, catalog: Catalog, found: Checkpoint, claims: dict[str, Any], tile: Pixels
) -> None:
    better = draw(found.generator, latents(8, 10, found.config.z_dim))[4]
    verdict = verify(png(with_cells(tile, {cell: better}), claims), catalog)
    assert facts(verdict) == ("fail", "cells_differ")
    assert verdict.cells == (cell,)
    assert verdict.sentence.startswith("1 of 100 pictures differ")
    assert f" {cell} (row {cell // 10 + 1}, column {cell % 10 + 1})." in verdict.sentence


def test_two_cells_in_each_others_places_are_both_named(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    cells = to_cells(tile, SIDE)
    verdict = verify(png(with_cells(tile, {12: cells[81], 81: cells[12]}), claims), catalog)
    assert facts(verdict) == ("fail", "cells_differ")
    assert verdict.cells == (12, 81)


def test_columns_written_as_rows_fail(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    cells = to_cells(tile, SIDE).reshape(10, 10, SIDE, SIDE, 3).swapaxes(0, 1).reshape(100, SIDE, SIDE, 3)
    verdict = verify(png(to_tile(cells, 10), claims), catalog)
    assert verdict.outcome == "fail"
    assert verdict.cells == tuple(cell for cell in range(100) if cell // 10 != cell % 10)


@pytest.mark.parametrize(("levels", "outcome"), [(2, "pass_tolerance"), (3, "fail"), (100, "fail")])
def test_one_changed_value_fails_unless_it_is_rounding(
    levels: int, outcome: str, catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    changed = tile.copy()
    place = (SIDE * 4 + 3, SIDE * 2 + 1, 2)
    changed[place] = changed[place] + levels if changed[place] < 128 else changed[place] - levels
    verdict = verify(png(changed, claims), catalog)
    assert (verdict.outcome, verdict.largest) == (outcome, levels)
    assert verdict.cells == ((42,) if outcome == "fail" else ())


def test_a_mark_of_one_level_in_one_cell_fails_by_its_share(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    changed = tile.copy()
    changed[:2, :4, 0] ^= 1
    assert 8 / VALUES > MAX_CELL_SHARE
    verdict = verify(png(changed, claims), catalog)
    assert (verdict.outcome, verdict.cells, verdict.largest) == ("fail", (0,), 1)


def test_a_mark_of_one_level_over_the_whole_tile_fails_by_its_share(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    changed = tile.copy()
    changed[3::SIDE, 5::SIDE] ^= 1  # three values a cell: too few for any one cell
    assert MAX_TILE_SHARE < 3 / VALUES < MAX_CELL_SHARE
    verdict = verify(png(changed, claims), catalog)
    assert facts(verdict) == ("fail", "all_cells_differ")
    assert len(verdict.cells) == 100


@pytest.mark.parametrize("quality", [50, 95, 100])
def test_a_tile_saved_again_as_jpeg_fails_plainly(
    quality: int, catalog: Catalog, found: Checkpoint, tile: Pixels
) -> None:
    jpeg = png(tile, kind="JPEG", quality=quality)
    verdict = verify(jpeg, catalog)
    assert facts(verdict) == ("fail", "lossy_file")
    assert verdict.sentence == "A JPEG cannot hold the exact values of a tile; hand in the PNG that was exported."
    compared = verify(jpeg, catalog, seed=SEED, checkpoint=found.sha256)
    assert facts(compared) == ("fail", "saved_with_loss")
    assert len(compared.cells) == 100


def test_a_jpeg_turned_into_a_png_with_the_right_manifest_fails(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(png(tile, kind="JPEG", quality=95))))
    verdict = verify(png(pixels, claims), catalog)
    assert facts(verdict) == ("fail", "all_cells_differ")
    assert "saved again with loss" in verdict.sentence


@pytest.mark.parametrize("size", [(80, 80), (1280, 1280), (160, 176), (1, 1)])
def test_the_wrong_size_is_told_with_the_wanted_one(
    size: tuple[int, int], catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    verdict = verify(png(np.asarray(Image.fromarray(tile).resize(size)), claims), catalog)
    assert facts(verdict) == ("fail", "wrong_size")
    assert f"has {size[0]} x {size[1]} pixels" in verdict.sentence
    assert verdict.sentence.endswith("has 160 x 160.")


def test_a_tile_that_hides_cells_behind_transparency_fails(
    catalog: Catalog, found: Checkpoint, claims: dict[str, Any], tile: Pixels
) -> None:
    alpha = np.full(tile.shape[:2], 255, np.uint8)
    alpha[:SIDE, :SIDE] = 0
    assert facts(verify(png(np.dstack([tile, alpha]), claims), catalog)) == ("fail", "transparent")


def test_a_tile_that_moves_fails(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    data = png(tile, claims, save_all=True, append_images=[Image.fromarray(tile[::-1].copy())])
    assert facts(verify(data, catalog)) == ("fail", "animated")


# what the file says of itself


@pytest.mark.parametrize(("field", "value"), [("seed", 8), ("checkpoint_sha256", None)])
def test_a_manifest_that_names_another_seed_or_checkpoint_fails(
    field: str, value: object, catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    edited = {**claims, field: catalog.entries()[1].sha256 if value is None else value}
    verdict = verify(png(tile, edited), catalog)
    assert facts(verdict) == ("fail", "all_cells_differ")
    assert len(verdict.cells) == 100


def test_right_hashes_do_not_help_changed_pixels_and_fitting_ones_neither(
    catalog: Catalog, found: Checkpoint, claims: dict[str, Any], tile: Pixels
) -> None:
    changed = with_cells(tile, {5: to_cells(tile, SIDE)[6]})
    old = verify(png(changed, claims), catalog)
    new = verify(png(changed, manifest(found, SEED, changed)), catalog)
    assert (old.outcome, old.cells, old.claims) == ("fail", (5,), ("pixels_sha256", "cells_sha256"))
    assert (new.outcome, new.cells, new.claims) == ("fail", (5,), ())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pixels_sha256", "0" * 64),
        ("cells_sha256", ["0" * 64] * 100),
        ("cells_sha256", None),
        ("config_sha256", "0" * 64),
        ("shape", [1, 8]),
        ("order", "column by column"),
        ("columns", 5),
        ("cell_size", 128),
        ("z_source", "torch.randn"),
    ],
)
def test_a_lie_beside_right_pixels_is_told(
    field: str, value: object, catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    verdict = verify(png(tile, {**claims, field: value}), catalog)
    assert facts(verdict) == ("pass_exact", "exact")
    assert verdict.claims == (field,)
    assert verdict.sentence.endswith(f"What the file says of itself is not true of it: {field}.")


def test_a_field_that_is_left_out_is_told(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    shortened = {name: value for name, value in claims.items() if name != "cells_sha256"}
    assert verify(png(tile, shortened), catalog).claims == ("cells_sha256",)


def test_another_machines_versions_are_a_note_and_no_lie(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    verdict = verify(png(tile, {**claims, "renderer": "0", "versions": {"torch": "2.4.0"}}), catalog)
    assert facts(verdict) == ("pass_exact", "exact")
    assert (verdict.claims, verdict.notes) == ((), ("renderer", "versions"))


def test_what_the_file_says_stands_beside_what_was_found(
    catalog: Catalog, found: Checkpoint, claims: dict[str, Any], tile: Pixels
) -> None:
    changed = with_cells(tile, {5: to_cells(tile, SIDE)[6]})
    edited = {**claims, "columns": 5, "order": None, "weights": "raw"}
    told = {one.field: (one.said, one.found) for one in verify(png(changed, edited), catalog).differences}
    true = manifest(found, SEED, changed)
    assert told["columns"] == ("5", "10")
    assert told["order"] == (None, "row by row")
    assert told["weights"] == ("raw", None)
    assert told["cells_sha256"] == (f"5: {claims['cells_sha256'][5]}", f"5: {true['cells_sha256'][5]}")


def test_what_differs_is_shown_in_short_whatever_a_stranger_writes(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    odd = {"order": "x" * 9000, "cell_size": "\ud800" * 9, "rows": {"a": [None]}, "cells_sha256": [None] * 100}
    versions = {"versions": {**claims["versions"], "torch": "2.4.0", "more": "1"}}
    told = verify(png(tile, json.dumps({**claims, **odd, **versions})), catalog).differences
    shown = {one.field: one for one in told}
    assert shown["order"].said == "x" * 80 + "…"
    assert shown["rows"].said == '{"a": [null]}'
    assert shown["cells_sha256"].said == "0: –, 1: –, 2: –, …"
    assert shown["versions"].said == "torch: 2.4.0, more: 1"
    assert shown["versions"].found == f"torch: {torch.__version__}"
    assert {one.field for one in told if not one.lie} == {"versions"}
    for one in told:
        f"{one.said}{one.found}".encode()


def test_an_unknown_checkpoint_keeps_the_psi_that_the_file_says(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    assert verify(png(tile, {**claims, "checkpoint_sha256": "ab" * 32, "psi": 0.5}), catalog).psi == 0.5


def test_an_asked_seed_and_checkpoint_are_compared_whatever_the_file_says(
    catalog: Catalog, found: Checkpoint, claims: dict[str, Any], tile: Pixels
) -> None:
    lying = png(tile, {**claims, "seed": 8, "checkpoint_sha256": "0" * 64})
    verdict = verify(lying, catalog, seed=SEED, checkpoint=found.sha256)
    assert facts(verdict) == ("pass_exact", "exact")
    assert verdict.claims == ()
    assert verdict.sentence.endswith(
        f" The seed 7 was typed; the file itself says 8. The checkpoint {found.sha256[:8]} was typed; "
        "the file itself says 00000000."
    )
    assert facts(verify(png(tile, claims), catalog, seed=8)) == ("fail", "all_cells_differ")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"seed": 4294967295}, ["typed_seed"]),
        ({"psi": 0.25}, ["typed_psi"]),
        ({"seed": 0, "psi": 0.5}, ["typed_seed", "typed_psi"]),
        ({"checkpoint": 1}, ["typed_checkpoint"]),
        ({"checkpoint": 1, "seed": 9}, ["typed_seed", "typed_checkpoint"]),
        ({"seed": SEED, "psi": 1.0, "checkpoint": 0}, []),
    ],
)
def test_what_was_typed_is_told_and_never_held_against_an_honest_file(
    typed: dict[str, Any], told: list[str], catalog: Catalog, found: Checkpoint
) -> None:
    if "checkpoint" in typed:
        others = sorted(catalog.entries(), key=lambda entry: entry.sha256 != found.sha256)
        typed = {**typed, "checkpoint": str(others[typed["checkpoint"]].sha256)[:10]}
    verdict = verify(export_png(found, SEED), catalog, **typed)
    assert verdict.outcome == ("fail" if told else "pass_exact")
    assert (verdict.claims, verdict.differences) == ((), ())
    assert [one.code for one in verdict.remarks] == told
    assert "not true" not in verdict.sentence
    assert ("the file itself says" in verdict.sentence) == bool(told)


def test_what_follows_from_a_typed_seed_is_not_held_against_a_file_with_classes(
    tmp_path: Path, make_vivid: Callable[..., Path]
) -> None:
    make_vivid(tmp_path / "conditional", network="resnet", classes=5)
    catalog = Catalog(tmp_path)
    honest = export_png(catalog.load(str(catalog.entries()[0].sha256)), 3)
    verdict = verify(honest, catalog, seed=4)
    assert (verdict.outcome, verdict.differences) == ("fail", ())
    assert verdict.remarks[0].values == {"used": "4", "said": "3"}


def test_a_lie_is_told_beside_what_was_typed(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    verdict = verify(png(tile, {**claims, "order": "by beauty"}), catalog, psi=0.5)
    assert verdict.claims == ("order",)
    assert " The psi 0.5 was typed; the file itself says 1. What the file says" in verdict.sentence


def test_a_typed_checkpoint_that_is_not_here_is_told_with_the_one_of_the_file(
    catalog: Catalog, found: Checkpoint, claims: dict[str, Any], tile: Pixels
) -> None:
    verdict = verify(png(tile, claims), catalog, checkpoint="cd" * 32)
    assert facts(verdict) == ("could_not_check", "unknown_checkpoint")
    assert verdict.sentence.endswith(f" The checkpoint cdcdcdcd was typed; the file itself says {found.sha256[:8]}.")


# what could not be checked


def test_without_a_manifest_checkpoint_and_seed_are_asked_for_and_then_it_passes(
    catalog: Catalog, found: Checkpoint, tile: Pixels
) -> None:
    data = png(tile)
    assert facts(verify(data, catalog)) == ("could_not_check", "no_manifest")
    assert facts(verify(data, catalog, seed=SEED)) == ("could_not_check", "no_manifest")
    assert facts(verify(data, catalog, checkpoint=found.sha256)) == ("could_not_check", "no_manifest")
    assert facts(verify(data, catalog, seed=SEED, checkpoint=found.sha256[:8])) == ("pass_exact", "exact")


def test_an_unknown_checkpoint_is_named_by_its_whole_hash(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    verdict = verify(png(tile, {**claims, "checkpoint_sha256": "ab" * 32}), catalog)
    assert facts(verdict) == ("could_not_check", "unknown_checkpoint")
    assert (verdict.checkpoint, verdict.seed) == ("ab" * 32, SEED)
    assert "ab" * 32 in verdict.sentence


def test_a_checkpoint_that_vanishes_or_diverges_is_a_reason(
    tmp_path: Path, make_vivid: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_vivid(tmp_path / "one")
    here = Catalog(tmp_path)
    found = here.load(str(here.entries()[0].sha256))
    data = export_png(found, SEED)

    def diverged(*_: object) -> Pixels:
        raise ValueError("The generator returned values that are not finite.")

    monkeypatch.setattr("studio.race.verification.seed_tile", diverged)
    verdict = verify(data, here)
    assert facts(verdict) == ("could_not_check", "unusable_checkpoint")
    assert "not finite" in verdict.sentence
    monkeypatch.undo()
    (tmp_path / "one" / "model.safetensors").unlink()
    assert facts(verify(data, Catalog(tmp_path))) == ("could_not_check", "unknown_checkpoint")


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "7", "9" * 10_000])
def test_an_asked_seed_out_of_range_could_not_be_checked(seed: Any, catalog: Catalog, tile: Pixels) -> None:
    verdict = verify(png(tile), catalog, seed=seed, checkpoint="0" * 64)
    assert facts(verdict) == ("could_not_check", "bad_seed")
    assert "0 to 4294967295" in verdict.sentence
    assert len(verdict.sentence) < 200


@pytest.mark.parametrize("checkpoint", ["", "..", "../../x", "/etc/passwd", "one", "zz" * 32, "\ud800" * 20, "a" * 7])
def test_an_asked_checkpoint_that_is_no_hash_is_not_looked_for(checkpoint: str, catalog: Catalog, tile: Pixels) -> None:
    verdict = verify(png(tile), catalog, seed=SEED, checkpoint=checkpoint)
    assert facts(verdict) == ("could_not_check", "unknown_checkpoint")
    assert verdict.checkpoint is None
    assert verdict.sentence.isascii()


HOSTILE = {
    "no JSON": ["", "{", "[" * 50_000, '{"a":' * 10_000, "NaN,", '{"seed": ' + "9" * 10_000 + "}", "\0"],
    "no JSON object": ["[]", "7", '"x"', "null", "true", "NaN"],
    "format": [{"format": 2}, {"format": "1"}, {"format": True}, {"format": None}, {"format": [1]}],
    "seed": [{"seed": seed} for seed in (7.0, True, -1, 2**32, "7", "x" * 10_000, None, [7], {"seed": 7})],
    "psi": [{"psi": psi} for psi in (-0.1, 1.01, True, "1", None, [1.0], float("nan"), 10**400)],
    "checkpoint_sha256": [
        {"checkpoint_sha256": value}
        for value in (
            "../../x",
            "/etc/passwd",
            "",
            "AB" * 32,
            "ab" * 31,
            "ab" * 32 + "\n",
            None,
            7,
            ["ab" * 32],
            "é" * 64,
        )
    ],
    "longer than 65536 characters": [{"more": "x" * 65_536}],
}


@pytest.mark.parametrize(("field", "edit"), [(field, edit) for field, edits in HOSTILE.items() for edit in edits])
def test_a_hostile_manifest_leads_nowhere(
    field: str, edit: Any, catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    text = edit if isinstance(edit, str) else json.dumps({**claims, **edit})
    verdict = verify(png(tile, text), catalog)
    assert facts(verdict) == ("could_not_check", "bad_manifest")
    codes = {words: code for code, words in MALFORMED.items()}
    assert verdict.values == {"field": field, "problem": codes.get(field, field)}


def test_deep_values_in_unread_fields_do_no_harm(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    deep = json.dumps(claims)[:-1] + ',"more":' + "[" * 500 + "]" * 500 + ',"rows":' + "[" * 500 + "]" * 500 + "}"
    verdict = verify(png(tile, deep), catalog)
    assert facts(verdict) == ("pass_exact", "exact")
    assert verdict.claims == ("rows",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_an_image"),
        (b"no picture", "not_an_image"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, "damaged"),
        (bytes(32 * 2**20 + 1), "file_too_large"),
    ],
)
def test_what_cannot_be_read_could_not_be_checked(data: bytes, reason: str, catalog: Catalog) -> None:
    verdict = verify(data, catalog, seed=SEED, checkpoint="0" * 64)
    assert facts(verdict) == ("could_not_check", reason)


def test_a_truncated_export_could_not_be_checked(catalog: Catalog, found: Checkpoint) -> None:
    data = export_png(found, SEED)
    verdict = verify(data[: len(data) // 2], catalog)
    assert facts(verdict) == ("could_not_check", "damaged")
    assert verdict.sentence == "The file begins like a PNG but is damaged or cut short."


# the verdict itself


def test_a_verdict_is_plain_json(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    verdict = verify(png(with_cells(tile, {5: to_cells(tile, SIDE)[6]}), claims), catalog)
    written = verdict.to_dict()
    assert json.loads(json.dumps(written, allow_nan=False)) == written
    assert written["cells"] == [5]
    assert written["sentence"] == verdict.sentence
    assert set(written) >= {"outcome", "reason", "values", "seed", "checkpoint", "largest", "share", "claims", "notes"}


def test_many_differing_cells_are_listed_in_short(catalog: Catalog, claims: dict[str, Any], tile: Pixels) -> None:
    cells = to_cells(tile, SIDE)
    verdict = verify(png(with_cells(tile, dict.fromkeys(range(20), cells[99])), claims), catalog)
    assert verdict.cells == tuple(range(20))
    assert "3 (row 1, column 4), 4 (row 1, column 5), ..." in verdict.sentence
    assert "row 1, column 6" not in verdict.sentence


@pytest.mark.parametrize(
    ("cells", "written"),
    [
        ((), ""),
        ((41,), "41"),
        ((0, 1), "0, 1"),
        ((3, 7, 8, 9, 10, 11, 12), "3, 7 to 12"),
        ((0, 1, 2, 50, 52, 53, 97, 98, 99), "0 to 2, 50, 52, 53, 97 to 99"),
        (tuple(range(100)), "0 to 99"),
        (tuple(range(0, 9, 2)), "0, 2, 4, 6, 8"),
    ],
)
def test_cells_that_follow_each_other_are_written_as_a_range(cells: tuple[int, ...], written: str) -> None:
    assert in_ranges(cells) == written


def test_every_sentence_can_be_filled_by_its_plain_values() -> None:
    for code, text in SENTENCES.items():
        assert text.endswith((".", "}")), code
        assert all(spec in ("", None) for _, _, spec, _ in string.Formatter().parse(text)), code


def test_a_truncated_tile_passes_by_what_it_says_and_fails_as_another(catalog: Catalog, found: Checkpoint) -> None:
    data = export_png(found, SEED, 0.6)
    verdict = verify(data, catalog)
    assert (facts(verdict), verdict.psi) == (("pass_exact", "exact"), 0.6)
    assert "seed 7 (psi 0.6)" in verdict.sentence
    other = verify(data, catalog, psi=1.0)
    assert (other.outcome, other.psi, len(other.cells)) == ("fail", 1.0, 100)
    assert other.claims == ()
    assert other.remarks[0].values == {"used": "1", "said": "0.6"}


def test_a_tile_that_hides_its_psi_fails(catalog: Catalog, found: Checkpoint, claims: dict[str, Any]) -> None:
    truncated = seed_tile(found.generator, SEED, 0.6)
    for hidden in (claims, {name: value for name, value in claims.items() if name != "psi"}):
        assert verify(png(truncated, hidden), catalog).outcome == "fail"


def test_an_older_tile_that_says_nothing_of_psi_and_classes_is_not_told_that_it_lies(
    catalog: Catalog, claims: dict[str, Any], tile: Pixels
) -> None:
    older = {name: value for name, value in claims.items() if name not in ("psi", "classes")}
    verdict = verify(png(tile, older), catalog)
    assert (verdict.outcome, verdict.claims) == ("pass_exact", ())


def test_classes_chosen_by_hand_fail(tmp_path: Path, make_vivid: Callable[..., Path]) -> None:
    make_vivid(tmp_path / "conditional", network="resnet", classes=5)
    catalog = Catalog(tmp_path)
    found = catalog.load(str(catalog.entries()[0].sha256))
    honest = export_png(found, SEED)
    assert verify(honest, catalog).outcome == "pass_exact"
    chosen = draw(found.generator, latents(SEED, 100, 8), torch.full((100,), 3))
    tile = to_tile(chosen, 10)
    lying = {**manifest(found, SEED, tile), "classes": [3] * 100}
    verdict = verify(png(tile, lying), catalog)
    assert verdict.outcome == "fail"
    assert 50 < len(verdict.cells) < 100  # a fifth has the third class by its seed
    assert verdict.claims == ("classes",)


@pytest.mark.parametrize("psi", [-0.1, 1.5, True, "1"])
def test_an_asked_psi_out_of_range_could_not_be_checked(psi: Any, catalog: Catalog, tile: Pixels) -> None:
    verdict = verify(png(tile), catalog, seed=SEED, checkpoint=str(catalog.entries()[0].sha256), psi=psi)
    assert facts(verdict) == ("could_not_check", "bad_psi")


# weights as last trained


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Catalog:
    root = tmp_path_factory.mktemp("twin")
    other = make_vivid(root / "elsewhere", seed=3)
    shutil.copy(other / WEIGHTS, make_vivid(root / "catalog" / "one") / RAW_WEIGHTS)
    return Catalog(root / "catalog")


def test_a_tile_of_weights_as_last_trained_says_so_and_passes_by_their_hash(twin: Catalog) -> None:
    raw = str(twin.entries()[0].raw)
    data = export_png(twin.load(raw), SEED)
    assert read_png(data).manifest is not None
    assert read_png(data).manifest["weights"] == "raw"  # type: ignore[index]
    verdict = verify(data, twin)
    assert (facts(verdict), verdict.checkpoint, verdict.weights) == (("pass_exact", "exact"), raw, "raw")
    assert f"checkpoint {raw[:8]} (raw)" in verdict.sentence
    assert verdict.claims == ()


def test_a_tile_of_one_kind_of_weights_is_no_tile_of_the_other(twin: Catalog) -> None:
    (entry,) = twin.entries()
    average, raw = str(entry.sha256), str(entry.raw)
    verdict = verify(export_png(twin.load(raw), SEED), twin, checkpoint=average)
    assert (verdict.outcome, len(verdict.cells), verdict.weights) == ("fail", 100, "averaged")
    assert (verdict.claims, [one.code for one in verdict.remarks]) == ((), ["typed_checkpoint"])
    honest = export_png(twin.load(average), SEED)
    assert "weights" not in (read_png(honest).manifest or {"weights": "absent"})
    assert (verify(honest, twin).claims, verify(honest, twin).weights) == ((), "averaged")


@pytest.mark.parametrize("kind", ["averaged", None])
def test_a_tile_that_hides_that_its_weights_are_no_average_is_told(twin: Catalog, kind: str | None) -> None:
    found = twin.load(str(twin.entries()[0].raw))
    tile = seed_tile(found.generator, SEED)
    lying = {**manifest(found, SEED, tile), "weights": kind}
    verdict = verify(png(tile, {name: value for name, value in lying.items() if value != kind or value}), twin)
    assert (verdict.outcome, verdict.claims) == ("pass_exact", ("weights",))
