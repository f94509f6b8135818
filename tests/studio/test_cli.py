"""The command line: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from studio.__main__ import main
from studio.race.tile_file import export_png
from training.core import checkpoint

Maker = Callable[..., Path]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_vivid: Maker) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    make_vivid(root / "one")
    make_vivid(root / "run" / "000100", seed=1)
    make_vivid(root / "run" / "000200", seed=2)
    return root


@pytest.fixture
def tile(root: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tile.png"
    path.write_bytes(export_png(checkpoint.load(root / "one"), 7))
    return path


def verify(tile: Path, root: Path, *more: str) -> int:
    return main(["verify", str(tile), "--checkpoints", str(root), *more])


def opened(path: Path) -> Image.Image:
    image = Image.open(io.BytesIO(path.read_bytes()))
    image.load()
    return image


def without_manifest(tile: Path) -> Path:
    bare = tile.with_name("bare.png")
    Image.fromarray(np.asarray(opened(tile))).save(bare)
    return bare


def changed(tile: Path) -> Path:
    image = opened(tile)
    pixels = np.asarray(image).copy()
    pixels[16:32, 32:48] = pixels[:16, :16]
    pixels[:16, :16] = 255 - pixels[:16, :16]
    path = tile.with_name("changed.png")
    Image.fromarray(pixels).save(path, pnginfo=info(image.text["gan_race"]))
    return path


def info(text: str) -> PngInfo:
    chunks = PngInfo()
    chunks.add_itxt("gan_race", text)
    return chunks


def one_line(text: str) -> bool:
    return text.startswith("error: ") and text.count("\n") == 1 and "Traceback" not in text


# export


def test_an_exported_file_verifies(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "tile.png"
    assert main(["export", str(root / "one"), "--seed", "7", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"written: {out} (seed 7 of checkpoint ")
    assert verify(out, root) == 0
    assert capsys.readouterr().out.startswith("PASS (exact): Every value")


def test_names_that_are_not_utf_8_are_printed_with_their_bytes(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    shutil.copytree(root, folder / os.fsdecode(b"\xfcnamed"))
    out = folder / "tile.png"
    found = folder / os.fsdecode(b"\xfcnamed") / "one"
    assert main(["export", str(found), "--seed", "7", "--out", str(out)]) == 0
    assert r"caf\udce9" in capsys.readouterr().out
    assert verify(out, folder, "--checkpoint", os.fsdecode(b"\xfcnamed/one")) == 0
    assert capsys.readouterr().out.startswith("PASS")
    (found / checkpoint.WEIGHTS).write_bytes(b"no")
    assert verify(out, folder, "--checkpoint", r"\xfcnamed/one") == 2
    assert r"\xfcnamed/one/model.safetensors is damaged" in capsys.readouterr().err


def test_a_run_exports_its_newest_checkpoint(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "tile.png"
    assert main(["export", str(root / "run"), "--seed", "7", "--out", str(out)]) == 0
    assert out.read_bytes() == export_png(checkpoint.load(root / "run" / "000200"), 7)


@pytest.mark.parametrize(("place", "folder"), [("run@100", "run/000100"), ("run@50", "run/steps/000050")])
def test_an_earlier_checkpoint_of_a_run_is_named_by_its_images(
    place: str, folder: str, root: Path, tmp_path: Path, make_vivid: Maker
) -> None:
    run = tmp_path / "run"
    shutil.copytree(root / "run", run)
    make_vivid(run / "steps" / "000050", seed=3)
    out = tmp_path / "out.png"
    assert main(["export", str(tmp_path / place), "--seed", "1", "--out", str(out)]) == 0
    assert out.read_bytes() == export_png(checkpoint.load(tmp_path / folder), 1)
    assert verify(out, root, "--checkpoint", str(tmp_path / place)) == 0


def test_a_step_that_a_run_does_not_have_is_told_with_those_it_has(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.png"
    assert main(["export", f"{root / 'run'}@150", "--seed", "1", "--out", str(out)]) == 2
    assert "run has no checkpoint at 150 images; it has: 100, 200." in capsys.readouterr().err


OLDER = b"\x89PNG\r\n\x1a\nolder"


@pytest.mark.parametrize("option", ["--out", "--csv"])
def test_a_document_is_not_replaced(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    document = tmp_path / "essay.docx"
    document.write_text("an essay")
    tile = tmp_path / "tile.png"
    export = ["export", str(root / "one"), "--seed", "7", "--out"]
    assert main([*export, str(tile)]) == 0
    verify = ["verify", str(tile), "--checkpoints", str(root), "--csv", str(document)]
    assert main([*export, str(document)] if option == "--out" else verify) == 2
    kind = "PNG" if option == "--out" else "CSV"
    said = f"error: {document} is no {kind} of this program and is not replaced; {option} names another file.\n"
    assert capsys.readouterr().err == said
    assert document.read_text() == "an essay"


def test_an_older_table_is_replaced(root: Path, tmp_path: Path) -> None:
    tile, table = tmp_path / "tile.png", tmp_path / "table.csv"
    assert main(["export", str(root / "one"), "--seed", "7", "--out", str(tile)]) == 0
    for _ in range(2):
        assert main(["verify", str(tile), "--checkpoints", str(root), "--csv", str(table)]) == 0
    assert table.read_text(encoding="utf-8-sig").startswith("file,")


def test_an_older_file_is_replaced_and_nothing_else_is_left(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "tile.png"
    out.write_bytes(OLDER)
    assert main(["export", str(root / "one"), "--seed", "7", "--out", str(out)]) == 0
    assert opened(out).size == (160, 160)
    assert list(tmp_path.iterdir()) == [out]


def test_a_write_that_fails_leaves_the_older_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tile.png"
    out.write_bytes(OLDER)

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main(["export", str(root / "one"), "--seed", "7", "--out", str(out)]) == 2
    assert capsys.readouterr().err == "error: No space left on device\n"
    assert out.read_bytes() == OLDER
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("folder", "out", "reason"),
    [
        ("missing", "tile.png", "missing does not exist, and no checkpoint in checkpoints is called so."),
        (".", "tile.png", "is no checkpoint and no run"),
        ("one", "no/such/tile.png", "There is no folder"),
        ("one", ".", "is a folder"),
        ("broken", "tile.png", "is damaged"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence_and_exit_2(
    folder: str, out: str, reason: str, tmp_path: Path, make_vivid: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    make_vivid(tmp_path / "one")
    (make_vivid(tmp_path / "broken") / "model.safetensors").write_bytes(b"")
    assert main(["export", str(tmp_path / folder), "--seed", "7", "--out", str(tmp_path / out)]) == 2
    error = capsys.readouterr().err
    assert one_line(error)
    assert reason in error
    assert not (tmp_path / "tile.png").exists()


@pytest.mark.parametrize("seed", ["-1", "4294967296", "1.0", "seven", "", "9" * 5000])
@pytest.mark.parametrize("command", ["export", "verify"])
def test_a_seed_out_of_range_is_told_with_the_range(
    command: str, seed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "x", f"--seed={seed}", *(["--out", "y"] if command == "export" else [])])
    assert stopped.value.code == 2
    assert "is no seed; 0 to 4294967295 are allowed" in capsys.readouterr().err


# verify


def test_a_changed_tile_fails_with_the_numbers_of_its_cells(
    tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(changed(tile), root) == 1
    out = capsys.readouterr().out
    assert out.startswith("FAIL: 2 of 100 pictures differ from seed 7")
    assert "cells that differ (0 to 99, row by row): 0, 12\n" in out
    assert "largest difference: " in out


def test_without_a_manifest_it_could_not_check_until_seed_and_checkpoint_are_given(
    tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = without_manifest(tile)
    assert verify(bare, root) == 2
    assert capsys.readouterr().out.startswith("COULD NOT CHECK: The file does not say")
    assert verify(bare, root, "--seed", "7", "--checkpoint", "one") == 0
    assert verify(bare, root, "--seed", "8", "--checkpoint", "one") == 1


def test_a_checkpoint_is_named_by_name_folder_or_hash(tile: Path, root: Path, tmp_path: Path) -> None:
    bare = without_manifest(tile)
    sha256 = checkpoint.file_sha256(root / "one" / "model.safetensors")
    for named in ("one", str(root / "one"), sha256, sha256[:8]):
        assert verify(bare, root, "--seed", "7", "--checkpoint", named) == 0
    assert verify(bare, root, "--seed", "7", "--checkpoint", "run") == 1
    assert verify(bare, root, "--seed", "7", "--checkpoint", "two") == 2


@pytest.mark.parametrize("folder", ["run", "run/000100", "run/000200"])
def test_a_folder_that_is_named_needs_no_catalog(
    folder: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "tile.png"
    assert main(["export", str(root / folder), "--seed", "7", "--out", str(out)]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["verify", str(out), "--checkpoint", str(root / folder)]) == 0


def test_a_tile_of_an_older_checkpoint_of_a_run_is_found(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "tile.png"
    assert main(["export", str(root / "run" / "000100"), "--seed", "7", "--out", str(out)]) == 0
    assert verify(out, root) == 0


def test_the_folder_checkpoints_is_looked_in_unless_another_is_given(
    tile: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["verify", str(tile)]) == 2
    assert one_line(capsys.readouterr().err)
    (tmp_path / "checkpoints").symlink_to(root)
    assert main(["verify", str(tile)]) == 0


@pytest.mark.parametrize(
    ("make", "outcome", "code"),
    [(lambda path: path, "pass_exact", 0), (changed, "fail", 1), (without_manifest, "could_not_check", 2)],
)
def test_json_is_one_object_with_the_same_exit_code(
    make: Callable[[Path], Path],
    outcome: str,
    code: int,
    tile: Path,
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verify(make(tile), root, "--json") == code
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["outcome"] == outcome
    assert verdict["cells"] == ([0, 12] if code == 1 else [])


def test_a_lie_in_the_manifest_is_told_beside_a_pass(
    tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tile, root, "--seed", "7") == 0
    assert "not true" not in capsys.readouterr().out
    image = opened(tile)
    values = json.loads(image.text["gan_race"])
    image.save(tile, pnginfo=info(json.dumps({**values, "pixels_sha256": "0" * 64, "renderer": "0"})))
    assert verify(tile, root) == 0
    out = capsys.readouterr().out
    assert "is not true of it: pixels_sha256." in out
    assert "another version than this one: renderer" in out


def test_a_typed_seed_is_told_and_not_held_against_the_file(
    tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tile, root, "--seed", "12", "--json") == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["reason"], verdict["claims"], verdict["differences"]) == ("all_cells_differ", [], [])
    assert verdict["remarks"] == [{"code": "typed_seed", "values": {"used": "12", "said": "7"}}]
    assert verify(tile, root, "--checkpoint", "run", "--psi", "0.5") == 1
    out = capsys.readouterr().out
    assert "not true" not in out
    assert "cells that differ (0 to 99, row by row): 0 to 99\n" in out
    assert "The psi 0.5 was typed; the file itself says 1." in out


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"x" * 99])
def test_a_file_that_is_no_picture_is_exit_2_and_one_sentence(
    content: bytes, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    assert verify(path, root) == 2
    out = capsys.readouterr().out
    assert out.startswith("COULD NOT CHECK: The file ")
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("file", "more", "reason"),
    [
        ("missing.png", (), "There is no file"),
        ("EMPTY", (), "There is no picture"),
        ("tile.png", ("--checkpoints", "nowhere"), "There is no folder nowhere"),
        ("tile.png", ("--checkpoint", "EMPTY"), "is no checkpoint and no run"),
        ("tile.png", ("--checkpoint", "BROKEN"), "is damaged"),
    ],
)
def test_what_cannot_be_verified_is_one_sentence_and_exit_2(
    file: str, more: tuple[str, ...], reason: str, tile: Path, make_vivid: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tile.parent
    (folder / "EMPTY").mkdir()
    (make_vivid(folder / "BROKEN") / "model.safetensors").write_bytes(b"")
    named = [str(folder / word) if word.isupper() else word for word in more]
    assert main(["verify", str(folder / file), *named]) == 2
    error = capsys.readouterr().err
    assert one_line(error)
    assert reason in error


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("onee", "; did you mean 'one'?"),
        ("RUN", "; did you mean 'run'?"),
        ("tulips", "; it has: one, run. Digits of a hash are allowed, too, 8 or more."),
        ("abc", "; it has: one, run. Digits of a hash are allowed, too, 8 or more."),
    ],
)
def test_a_checkpoint_that_is_misspelt_is_told_with_what_may_have_been_meant(
    name: str, said: str, tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for files in ([tile], [tile, tile]):
        assert main(["verify", *map(str, files), "--checkpoints", str(root), "--checkpoint", name]) == 2
        assert capsys.readouterr().err == f"error: {root} has no checkpoint {name!r}{said}\n"


def test_digits_of_a_hash_that_is_unknown_are_a_verdict_and_no_misspelt_name(
    tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(tile, root, "--checkpoint", "deadbeef", "--json") == 2
    assert json.loads(capsys.readouterr().out)["outcome"] == "could_not_check"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("/nope",), "There is no file /nope."),
        (("/nope", "/nope2"), "There is no file /nope."),
        (("TILE", "--checkpoints", "/nope"), "There is no folder /nope; --checkpoints names where they are."),
        (("TILE", "--checkpoint", "onee"), "did you mean 'one'?"),
        ((), "the following arguments are required: FILE"),
        (("TILE", "--sed", "3"), "there is no option --sed; did you mean '--seed'?"),
        (("TILE", "--seed", "x"), "argument --seed: 'x' is no seed; 0 to 4294967295 are allowed"),
    ],
)
@pytest.mark.parametrize("option", ["--json", "--js"])
def test_an_error_is_json_as_well_where_json_is_asked_for(
    words: tuple[str, ...], said: str, option: str, tile: Path, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = [str(tile) if word == "TILE" else word for word in words]
    places = [] if "--checkpoints" in words else ["--checkpoints", str(root)]
    for more in ([], [option]):
        try:
            code = main(["verify", *named, *places, *more])
        except SystemExit as left:
            code = int(str(left.code))
        assert code == 2
        out, error = capsys.readouterr()
        assert error.endswith("\n")
        assert said in error
        if not more:
            assert out == ""
        else:
            found = json.loads(out)
            assert list(found) == ["error"]
            assert said in found["error"]


# the program


def test_alone_it_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "export" in out
    assert "verify" in out


def test_it_runs_as_a_module_without_gradio(tile: Path, root: Path) -> None:
    program = (
        "import runpy, sys\n"
        "try: runpy.run_module('studio', run_name='__main__', alter_sys=True)\n"
        "finally: print([name for name in sys.modules if name.startswith('gradio')])"
    )
    command = [sys.executable, "-c", program, "verify", str(changed(tile)), "--checkpoints", str(root)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "loading PyTorch ...\n")
    assert done.stdout.startswith("FAIL: ")
    assert done.stdout.endswith("\n[]\n")


def test_a_tile_of_weights_as_last_trained_is_exported_when_asked_for(
    root: Path, tmp_path: Path, make_vivid: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(root / "one" / checkpoint.WEIGHTS, make_vivid(tmp_path / "two", seed=4) / checkpoint.RAW_WEIGHTS)
    path = tmp_path / "raw.png"
    assert main(["export", str(tmp_path / "two"), "--seed", "7", "--raw", "--out", str(path)]) == 0
    assert checkpoint.load(root / "one").sha256 in capsys.readouterr().out
    assert main(["verify", str(path), "--checkpoints", str(tmp_path)]) == 0
    assert "(raw)" in capsys.readouterr().out
    assert main(["export", str(root / "one"), "--seed", "7", "--raw", "--out", str(path)]) == 2
    assert "has no raw.safetensors" in capsys.readouterr().err
