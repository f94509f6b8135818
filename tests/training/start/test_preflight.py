from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from training.core import atomic_write, dataset
from training.core.atomic_write import WriteError
from training.core.checkpoint import CONFIG, CheckpointError
from training.core.dataset import DataError
from training.recipes.overrides import recorded
from training.recipes.presets import RECIPES
from training.start import preflight

Maker = Callable[..., Path]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_is_read_back_from_what_a_checkpoint_records(recipe: object) -> None:
    assert isinstance(recipe, type(RECIPES["best"]))
    assert recorded(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_a_field_that_came_later_has_its_default() -> None:
    older = RECIPES["dcgan"].to_dict()
    del older["d_blur"]
    assert recorded(older) == RECIPES["dcgan"]


def test_a_folder_without_a_run_was_begun_with_nothing(tmp_path: Path) -> None:
    assert preflight.begun_with(tmp_path / "absent") is None
    assert preflight.begun_with(tmp_path) is None


def test_a_checkpoint_that_does_not_say_how_it_was_trained_is_refused(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_checkpoint(tmp_path / "run" / "000000100")
    with pytest.raises(CheckpointError, match="does not say how it was trained"):
        preflight.begun_with(tmp_path / "run")


def test_a_run_of_a_program_with_other_fields_is_refused(tmp_path: Path, make_checkpoint: Maker) -> None:
    folder = make_checkpoint(tmp_path / "run" / "000000100")
    values = json.loads((folder / CONFIG).read_text())
    about = {"images": 100, "seconds": 1.0, "seed": 0, "data": {}, "runtimes": [], "pretrained": None}
    values["about"] = about | {"versions": {}, "commit": None, "metrics": {}, "recipe": {"summary": "x", "wings": 2}}
    (folder / CONFIG).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="was trained by a recipe that this program does not know"):
        preflight.begun_with(tmp_path / "run")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "absent",
            "absent does not exist; a folder of pictures or a file that `python -m training pack` wrote is wanted.",
        ),
        ("empty", r"empty holds no image that can be used \(it is empty\)\."),
        ("flowers.zip", "flowers.zip is an archive; unpack it and give its folder."),
        ("notes.txt", "notes.txt is no file that `python -m training pack` wrote"),
    ],
)
def test_what_holds_no_pictures_is_refused_before_anything_is_read(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for file in ("flowers.zip", "notes.txt"):
        (tmp_path / file).write_text("x")
    with pytest.raises(DataError, match=said):
        preflight.check_pictures(tmp_path / name, None)


def test_pictures_and_labels_are_counted_in_a_folder_and_in_a_packed_file(tmp_path: Path, make_pictures: Maker) -> None:
    folder = make_pictures(tmp_path / "pictures", count=5)
    (folder / "labels.csv").write_text("file,label\npicture_001.png,7\npicture_002.png,9\n", encoding="utf-8")
    packed = dataset.pack(folder, tmp_path / "packed.safetensors", 16).file
    for place in (folder, packed):
        found = preflight.check_pictures(place, None)
        assert (found.count, found.labelled, found.labels) == (5, 2, {7, 9})


def test_labels_that_a_recipe_lacks_are_told_before_the_packing(tmp_path: Path, make_pictures: Maker) -> None:
    folder = make_pictures(tmp_path / "pictures", count=5)
    with pytest.raises(DataError, match="5 of 5 images have no label"):
        preflight.check_pictures(folder, RECIPES["conditional"])
    (folder / "labels.csv").write_text("file,label\npicture_001.png,7\n", encoding="utf-8")
    with pytest.raises(DataError, match="have 1 different labels; the recipe asks for 102"):
        preflight.check_pictures(folder, RECIPES["conditional"])
    (folder / "labels.csv").write_text("file,label\npicture_001.png,seven\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"line 2: the label 'seven'"):
        preflight.check_pictures(folder, None)


def test_folders_that_cannot_be_written_are_told(
    tmp_path: Path, make_pictures: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_pictures(tmp_path / "pictures", count=1)
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match=r"file/run could not be written"):
        preflight.check_folders(folder, tmp_path / "file" / "run", 128)
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "file"))
    with pytest.raises(WriteError, match=r"file could not be written"):
        preflight.check_folders(folder, tmp_path / "run", 128)
    preflight.check_folders(tmp_path / "packed.safetensors", tmp_path / "run", 128)


@pytest.mark.parametrize(("free", "what"), [(3_000, "the checkpoints"), (4_000, "the packed pictures")])
def test_a_disk_without_room_is_told_with_the_bytes(
    free: int, what: str, tmp_path: Path, make_pictures: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_pictures(tmp_path / "pictures", count=8)
    monkeypatch.setattr(atomic_write, "free_bytes", lambda _: free)
    recipe = replace(RECIPES["dcgan"], resolution=16)
    with pytest.raises(
        WriteError, match=rf"has {free:,} bytes free, and {what} need about [\d,]+; make room"
    ) as raised:
        preflight.check_disks(folder, 8, tmp_path / "run", recipe, 1_000)
    assert raised.value.full
    monkeypatch.setattr(atomic_write, "free_bytes", lambda _: 8 * 3 * 16 * 16)
    preflight.check_disks(folder, 8, tmp_path / "run", recipe, 1_000)
