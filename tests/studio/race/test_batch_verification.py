"""Many tiles checked at once: files, folders, zips; duplicates; hostile zips; what the command line makes of it."""

from __future__ import annotations

import csv
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.__main__ import main
from studio.checkpoints.catalog import Catalog
from studio.race import batch_files
from studio.race.batch_files import (
    PictureFile,
    dropped_pictures,
    pictures,
    pictures_in_zip,
    read_member,
    unpack_checkpoints,
)
from studio.race.batch_table import to_csv, to_text
from studio.race.batch_verification import CheckedFile, verify_batch
from studio.race.declarations import declarations
from studio.race.near_duplicates import MAX_LEVELS, distance, repeated_cells, signature
from studio.race.tile_file import MAX_FILE_BYTES, export_png
from studio.race.verdict import Verdict
from training.core import checkpoint
from training.core.tile import seed_tile

Maker = Callable[..., Path]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_vivid: Maker) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    make_vivid(root / "one")
    make_vivid(root / "two", seed=1)
    return root


def tile(root: Path, name: str = "one", seed: int = 7, **options: float) -> bytes:
    return export_png(checkpoint.load(root / name), seed, **options)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def by_name(files: list[CheckedFile]) -> dict[str, CheckedFile]:
    return {Path(one.file).name: one for one in files}


@pytest.fixture
def mails(root: Path, tmp_path: Path) -> Path:
    mails = tmp_path / "mails"
    (mails / "anna").mkdir(parents=True)
    (mails / "anna" / "tile.png").write_bytes(tile(root))
    (mails / "b.png").write_bytes(tile(root, "two", seeds_looked_at=40))
    (mails / "c.zip").write_bytes(zipped({"deep/c.png": tile(root, seed=8), "note.txt": b"hello"}))
    (mails / "d.png").write_bytes(b"no picture")
    bad = np.asarray(Image.open(io.BytesIO(tile(root)))).copy()
    bad[:16, :16] = 255 - bad[:16, :16]
    (mails / "e.png").write_bytes(png(bad))
    (mails / "readme.txt").write_text("hello")
    return mails


# which files are checked


def test_files_folders_and_zips_are_found_by_the_endings_of_pictures(mails: Path) -> None:
    labels = [one.label for one in pictures([mails])]
    assert labels == [str(mails / name) for name in ("anna/tile.png", "b.png", "c.zip > deep/c.png", "d.png", "e.png")]
    assert [one.label for one in pictures([mails / "readme.txt"])] == [str(mails / "readme.txt")]


def test_previews_of_checkpoints_and_hidden_files_are_passed_over(root: Path, tmp_path: Path) -> None:
    shutil.copytree(root / "one", tmp_path / "mails" / "one")
    for name in ("one/preview.png", "one/.hidden.png", "__MACOSX/x.png"):
        (tmp_path / "mails" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "mails" / name).write_bytes(b"x")
    files = {f"m/{path.relative_to(tmp_path / 'mails')}": b"x" for path in (tmp_path / "mails").rglob("*.*")}
    assert list(pictures([tmp_path / "mails"])) == []
    assert list(pictures_in_zip(zipped(files), "m.zip")) == []
    (tmp_path / "mails" / "preview.png").write_bytes(b"x")  # in no checkpoint it may be a tile
    assert len(list(pictures([tmp_path / "mails"]))) == 1


def test_a_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"There is no file .*absent\.png\."):
        list(pictures([tmp_path / "absent.png"]))


def test_the_files_of_one_call_are_counted(mails: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_files, "MAX_FILES", 4)
    with pytest.raises(ValueError, match="more than 4 pictures"):
        list(pictures([mails]))


def test_a_name_is_shown_without_control_letters(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m\n.png").write_bytes(b"x")
    (label,) = (one.label for one in pictures([tmp_path]))
    assert label.endswith("a?[31m?.png")


def test_what_is_dropped_is_a_picture_or_a_zip_of_them(root: Path) -> None:
    data = zipped({"a.png": tile(root)})
    (inside,) = dropped_pictures("X.ZIP", data)
    (alone,) = dropped_pictures("b\u202e.png", tile(root))
    assert (inside.label, inside.read()) == ("X.ZIP > a.png", tile(root))
    assert (alone.label, alone.read()) == ("b?.png", tile(root))


# verdicts and duplicates


def test_failures_come_first_and_declarations_are_read(mails: Path, root: Path, make_vivid: Maker) -> None:
    files = verify_batch(pictures([mails]), Catalog(root))
    assert [one.verdict.outcome for one in files] == [*["could_not_check"] * 2, *["pass_exact"] * 3]
    found = by_name(files)
    assert found["b.png"].seeds_looked_at == 40
    assert found["b.png"].name == "two"
    assert found["tile.png"].seeds_looked_at is None
    assert found["d.png"].thumbnail is None
    for name in ("tile.png", "e.png"):
        thumbnail = found[name].thumbnail
        assert thumbnail is not None
        assert Image.open(io.BytesIO(thumbnail)).width <= 256


def test_each_checkpoint_is_loaded_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []

    def counting(folder: Path, weights: str) -> checkpoint.Checkpoint:
        loaded.append(folder.name)
        return checkpoint.load(folder, weights)

    monkeypatch.setattr("studio.checkpoints.catalog.load", counting)
    data = [tile(root, name, seed) for seed in range(3) for name in ("one", "two")]
    files = [PictureFile(f"{index}.png", lambda one=one: one) for index, one in enumerate(data)]
    seen: list[tuple[int, int]] = []
    checked = verify_batch(files, Catalog(root, kept_bytes=1), progress=lambda done, total: seen.append((done, total)))
    assert all(one.verdict.passed for one in checked)
    assert sorted(loaded) == ["one", "two"]
    assert seen == [(done, 6) for done in range(1, 7)]


def test_the_same_tile_and_a_nearly_equal_one_are_told(root: Path) -> None:
    found = checkpoint.load(root / "one")
    tiles = {
        "a.png": export_png(found, 7),
        "b.png": export_png(found, 7, seeds_looked_at=3),
        "c.png": png(seed_tile(found.generator, 7)),
        "d.png": export_png(found, 8),
    }
    files = by_name(
        verify_batch([PictureFile(name, lambda one=one: one) for name, one in tiles.items()], Catalog(root))
    )
    told = {name: [(one.file, one.kind) for one in file.duplicates] for name, file in files.items()}
    assert told == {
        "a.png": [("b.png", "same_tile"), ("c.png", "nearly_equal")],
        "b.png": [("a.png", "same_tile"), ("c.png", "nearly_equal")],
        "c.png": [("a.png", "nearly_equal"), ("b.png", "nearly_equal")],
        "d.png": [],
    }


def test_the_distance_of_tiles_is_the_mean_difference_of_their_squares() -> None:
    flat = np.full((160, 160, 3), 100, np.uint8)
    lighter = flat + np.uint8(1)
    one, other = signature(flat), signature(lighter)
    assert one is not None
    assert other is not None
    assert (one.shape, distance(one, other), repeated_cells(one, other)) == ((100, 192), 1.0, 100)
    brighter = signature(flat + np.uint8(MAX_LEVELS + 1))
    assert brighter is not None
    assert repeated_cells(one, brighter) == 0
    assert signature(flat[:, :150]) is None
    assert signature(flat[:150, :150]) is None


@pytest.mark.parametrize(
    ("about", "hours", "pretrained", "undeclared"),
    [
        ({}, None, None, False),
        ({"seconds": 7200.0, "pretrained": "EfficientNet"}, 2.0, "EfficientNet", False),
        (
            {"seconds": 60, "runtimes": [{"start": "2026-01-01T00:00:00", "end": "2026-01-01T13:00:00"}]},
            13.0,
            None,
            False,
        ),
        ({"seconds": 3600, "runtimes": [{"start": "x"}, 3, {"start": 1, "end": None}]}, 1.0, None, False),
        ({"seconds": True, "pretrained": 3, "recipe": []}, None, None, False),
        ({"seconds": float("nan"), "recipe": {"discriminator": "dcgan"}}, None, None, False),
        ({"seconds": -1, "recipe": {"discriminator": "projected_patch"}}, None, None, True),
    ],
)
def test_declarations_are_what_metadata_say(
    about: dict[str, object], hours: float | None, pretrained: str | None, undeclared: bool
) -> None:
    found = declarations(about)
    assert (found.hours, found.pretrained, found.undeclared) == (hours, pretrained, undeclared)


# hostile zips


def checked_zip(data: bytes, root: Path) -> dict[str, str]:
    files = verify_batch(pictures_in_zip(data, "x.zip"), Catalog(root))
    return {one.file: one.verdict.reason for one in files}


def flagged(data: bytes, offset: int, value: bytes) -> bytes:
    """Change a field of the only file's central directory entry and of its local header."""
    central, local = data.rindex(b"PK\x01\x02"), data.index(b"PK\x03\x04")
    changed = bytearray(data)
    for start in (central + offset, local + offset - 2):
        changed[start : start + len(value)] = value
    return bytes(changed)


def test_what_is_no_zip_encrypted_or_packed_strangely_is_told(root: Path) -> None:
    good = zipped({"a.png": tile(root)})
    assert checked_zip(good, root) == {"x.zip > a.png": "exact"}
    assert checked_zip(b"no zip", root) == {"x.zip": "archive_damaged"}
    assert checked_zip(good[:-30], root) == {"x.zip": "archive_damaged"}
    assert checked_zip(flagged(good, 8, b"\x01\x00"), root) == {"x.zip > a.png": "archive_encrypted"}
    assert checked_zip(zipped({"a.png": b"x"}, zipfile.ZIP_LZMA), root) == {"x.zip > a.png": "archive_method"}
    assert checked_zip(zipped({"b.zip": good}), root) == {"x.zip > b.zip": "archive_nested"}
    assert checked_zip(good.replace(b"IDAT", b"IDAX", 1), root) == {"x.zip > a.png": "archive_damaged"}


def test_a_bomb_is_read_up_to_the_limit_of_a_file(root: Path) -> None:
    bomb = zipped({"a.png": bytes(MAX_FILE_BYTES + 10_000_000)})
    assert len(bomb) < 100_000
    assert checked_zip(bomb, root) == {"x.zip > a.png": "file_too_large"}
    assert len(read_member(bomb, "a.png", 1000)) == 1001


def test_a_header_that_lies_about_a_size_gives_no_more_than_it_says(root: Path) -> None:
    lying = flagged(zipped({"a.png": bytes(10_000_000)}), 24, struct.pack("<I", 10))
    assert checked_zip(lying, root) == {"x.zip > a.png": "archive_damaged"}


def test_too_many_files_and_bytes_are_refused_whole(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_files, "MAX_MEMBERS", 2)
    assert checked_zip(zipped(dict.fromkeys("abc", b"x")), root) == {"x.zip": "archive_too_many"}
    monkeypatch.setattr(batch_files, "MAX_UNPACKED_BYTES", 100)
    assert checked_zip(zipped({"a": bytes(101)}), root) == {"x.zip": "archive_too_large"}


def test_checkpoints_of_a_zip_are_unpacked_under_names_of_our_own(root: Path, tmp_path: Path) -> None:
    files = {name: (root / "one" / name).read_bytes() for name in ("config.json", "model.safetensors")}
    names = {"../../evil/": files, "/abs/": files, "run/000100/": files, "alone/": {"model.safetensors": b"x"}}
    data = zipped({folder + name: content for folder, found in names.items() for name, content in found.items()})
    inside = tmp_path / "a" / "b"
    unpack_checkpoints(data, inside)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.json")) == [
        f"a/b/000{number}x/config.json"
        for number in range(2)  # a path that leads upwards is passed over
    ]
    assert {entry.sha256 for entry in Catalog(inside).entries()} == {checkpoint.load(root / "one").sha256}
    assert not list(inside.rglob("alone*"))


# the command line


def verify(*arguments: Path | str) -> int:
    return main(["verify", *map(str, arguments)])


def test_many_give_a_table_and_the_exit_code_of_the_worst(
    mails: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(mails, "--checkpoints", root) == 2
    out = capsys.readouterr().out
    assert "5 files: 3 PASS (exact), 2 COULD NOT CHECK" in out
    assert out.index("COULD NOT CHECK") < out.index("PASS")
    assert f"{mails / 'd.png'}: The file is no picture that can be read; a PNG is wanted." in out
    assert f"{mails / 'e.png'} is nearly equal to {mails / 'anna' / 'tile.png'}." in out
    assert verify(mails / "b.png", mails / "c.zip", "--checkpoints", root) == 0
    (mails / "f.jpg").write_bytes(b"")
    Image.open(mails / "b.png").convert("RGB").save(mails / "f.jpg")
    assert verify(mails, "--checkpoints", root) == 1


def test_checkpoints_that_come_with_the_files_need_no_folder_of_checkpoints(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(root / "one", tmp_path / "mails" / "anna")
    (tmp_path / "mails" / "anna" / "tile.png").write_bytes(tile(root))
    files = {f"b/{name}": (root / "two" / name).read_bytes() for name in ("config.json", "model.safetensors")}
    (tmp_path / "mails" / "b.zip").write_bytes(zipped({**files, "b.png": tile(root, "two")}))
    assert verify("mails") == 0
    assert verify("mails/b.zip") == 0
    assert verify("mails/anna/tile.png", "mails/b.zip") == 2  # a file alone brings none


def test_csv_and_json_hold_a_row_for_each_file(
    mails: Path, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "table.csv"
    assert verify(mails, "--checkpoints", root, "--csv", out, "--json") == 2
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"could_not_check": 2, "pass_exact": 3}
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [row["file"] for row in rows] == [one["file"] for one in found["files"]]
    (looked,) = (row for row in rows if row["seeds_looked_at"])
    assert (looked["checkpoint_name"], looked["seed"], looked["seeds_looked_at"]) == ("two", "7", "40")
    assert verify(mails / "b.png", "--checkpoints", root, "--csv", out) == 0
    assert len(out.read_text().splitlines()) == 2


def test_no_text_of_a_table_is_computed_by_a_spreadsheet() -> None:
    (row,) = csv.reader(to_csv([CheckedFile("=cmd|x", Verdict("fail", "animated"), "+1")]).splitlines()[1:])
    assert (row[0], row[4]) == ("'=cmd|x", "'+1")


def test_wide_letters_leave_the_columns_straight() -> None:
    files = [
        CheckedFile(name, Verdict("pass_exact", "exact", {"seed": 1, "short": "x"}, seed=1))
        for name in ("花.png", "ab.png")
    ]
    _, first, second, _ = to_text(files).splitlines()
    assert first.replace("花", "ab") == second


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("mails", "--seed", "7"), "--seed and --psi are for one file"),
        (("mails", "--csv", "."), "is a folder; --csv names the file"),
        (("empty",), "There is no picture in empty."),
        (("mails", "absent.png"), "There is no file absent.png."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    arguments: tuple[str, ...],
    reason: str,
    mails: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(mails.parent)
    (mails.parent / "empty").mkdir()
    assert verify(*arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert reason in error


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_checked(root: Path, tmp_path: Path) -> None:
    (tmp_path / "gone.png").write_bytes(b"x")
    files = [*pictures([tmp_path]), PictureFile("here.png", lambda: tile(root))]
    (tmp_path / "gone.png").unlink()
    found = by_name(verify_batch(files, Catalog(root)))
    assert {name: one.verdict.reason for name, one in found.items()} == {"gone.png": "unreadable", "here.png": "exact"}
    assert found["gone.png"].verdict.sentence == "The file cannot be read: No such file or directory."
