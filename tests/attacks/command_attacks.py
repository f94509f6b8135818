"""Attacks by the arguments of the command lines, and by zips and files that they are given."""

from __future__ import annotations

import csv
import io
import os
import time
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import torch

from studio import __main__ as studio_commands
from tests.attacks.attack_list import attack
from tests.attacks.checkpoint_attacks import Trap
from tests.attacks.running_studio import RunningStudio
from training import __main__ as training_commands

QUICK_SECONDS = 30.0
BESIDE = {"HF_HUB_OFFLINE": "1"}


def said(*words: str | Path, program: object = studio_commands) -> tuple[int, str, str]:
    """Run a command in this process and return its exit code, its output and its errors."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), mock.patch.dict(os.environ, BESIDE):
        try:
            code = program.main([str(word) for word in words])  # type: ignore[attr-defined]
        except SystemExit as error:
            code = int(error.code or 0)
    assert "Traceback" not in err.getvalue()
    return code, out.getvalue(), err.getvalue()


def verified(studio: RunningStudio, *words: str | Path) -> tuple[int, str, str]:
    return said("verify", *words, "--checkpoints", studio.folder / "checkpoints")


def zipped(studio: RunningStudio, name: str, *members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = studio.folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, data in members:
            archive.writestr(member, data)
    return path


@attack("commands", "members of a zip that are named out of it (zip slip)", "nothing written outside")
def zip_slip(studio: RunningStudio) -> None:
    honest = studio.exported()
    names = (
        "../../slipped.png",
        "/tmp/slipped-gan-race.png",
        "..\\..\\slipped.png",
        "a/../../slipped.png",
        "../slipped/config.json",
    )
    before = {path.name for path in Path("/tmp").iterdir()}
    code, out, _ = verified(studio, zipped(studio, "slip.zip", *((name, honest) for name in names)))
    assert code in (0, 1, 2)
    assert out
    assert not list(studio.folder.rglob("slipped*"))
    assert not list(studio.folder.parent.glob("slipped*"))
    assert not {name for name in {path.name for path in Path("/tmp").iterdir()} - before if "slipped" in name}


@attack("commands", "a zip that unpacks to gigabytes (zip bomb)", "bounded, told in a line")
def zip_bomb(studio: RunningStudio) -> None:
    start = time.monotonic()
    path = studio.folder / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.png", "w", force_zip64=True) as member,
    ):
        for _ in range(512):
            member.write(bytes(2**20))
    code, _, _ = verified(studio, path)
    assert code != 0
    assert time.monotonic() - start < QUICK_SECONDS


@attack("commands", "a zip of a hundred thousand members", "refused in a line")
def many_members(studio: RunningStudio) -> None:
    path = zipped(studio, "many.zip", *((f"{number}.png", b"") for number in range(20_000)), method=zipfile.ZIP_STORED)
    start = time.monotonic()
    assert verified(studio, path)[0] == 2
    assert time.monotonic() - start < QUICK_SECONDS


@attack("commands", "zips within zips, LZMA, passwords and halves", "told, not opened")
def odd_zips(studio: RunningStudio) -> None:
    inner = zipped(studio, "inner.zip", ("a.png", studio.exported())).read_bytes()
    whole = zipped(studio, "whole.zip", ("a.zip", inner), ("b.png", b"x")).read_bytes()
    lzma = zipped(studio, "lzma.zip", ("a.png", bytes(10**6)), method=zipfile.ZIP_LZMA)
    locked = bytearray(zipped(studio, "locked.zip", ("a.png", b"x" * 100), method=zipfile.ZIP_STORED).read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    for name, data in (
        ("half.zip", whole[: len(whole) // 2]),
        ("locked.zip", bytes(locked)),
        ("empty.zip", b""),
        ("none.zip", b"PK\x05\x06"),
    ):
        (studio.folder / name).write_bytes(data)
        assert verified(studio, studio.folder / name)[0] != 0, name
    assert verified(studio, lzma)[0] != 0


@attack("commands", "a file that is called by a formula (CSV injection)", "no cell of the table begins with one")
def formulas(studio: RunningStudio) -> None:
    folder, table = studio.folder / "formulas", studio.folder / "table.csv"
    folder.mkdir(exist_ok=True)
    for name in (
        "=cmd|' C calc'!A0.png",
        "+1+1.png",
        "-2+3.png",
        "@SUM(A1).png",
        "\t=1+1.png",
        "\r=1.png",
        " =1+1.png",
        "＝1+1.png",
    ):
        (folder / name).write_bytes(studio.exported())
    here = Path.cwd()
    os.chdir(folder)  # so that the names themselves come first
    try:
        said(
            "verify",
            *(f"./{name}" if name[0] == "-" else name for name in sorted(path.name for path in folder.iterdir())),
            "--checkpoints",
            studio.folder / "checkpoints",
            "--csv",
            table,
        )
    finally:
        os.chdir(here)
    rows = list(csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig"))))
    assert len(rows) > 5
    formula = [
        cell for row in rows for cell in row if cell.strip()[:1] in ("=", "+", "@", "＝") or cell[:1] in ("\t", "\r")
    ]
    assert formula == [], formula


@attack(
    "commands", "file names with escape codes, line breaks and directions", "clean on the terminal and in the table"
)
def terminal_codes(studio: RunningStudio) -> None:
    folder, table = studio.folder / "codes", studio.folder / "codes.csv"
    folder.mkdir(exist_ok=True)
    for name in ("\x1b[31mred\x1b]0;title\x07.png", "a\nPASS (exact).png", "a\u202egnp.exe.png", "\x7f\x9b2J.png"):
        (folder / name).write_bytes(b"x")
    _, out, err = verified(studio, folder, "--csv", table)
    for text in (out, err, table.read_text(encoding="utf-8-sig")):
        assert not {"\x1b", "\x07", "\u202e", "\x9b", "\x7f"} & set(text)
        assert "\nPASS" not in text


@attack("commands", "numbers that are none: digits without end, NaN, signs, other scripts", "a sentence, exit 2")
def odd_numbers(studio: RunningStudio) -> None:
    place = studio.folder / "checkpoints" / "one"
    for seed in ("9" * 5000, "-1", "4294967296", "nan", "1e3", "0x10", "", " ", "1;ls", "$(id)"):
        code, _, err = said("export", place, f"--seed={seed}", "--out", studio.folder / "never.png")
        assert code == 2, seed
        assert len(err) < 2000, seed
    for psi in ("nan", "inf", "-1", "2", "1e400", "9" * 5000, "½"):
        assert said("export", place, "--seed", "1", f"--psi={psi}", "--out", studio.folder / "never.png")[0] == 2, psi
    assert not (studio.folder / "never.png").exists()


@attack("commands", "addresses of the Hub with paths, queries and other hosts", "a sentence, nothing fetched")
def hub_addresses(studio: RunningStudio) -> None:
    for place in (
        "hf://../../etc",
        "hf://owner",
        "hf://owner/name@../../x",
        "hf://evil.example/a/b/c",
        "hf://owner/name?x=y",
        "hf://",
        "hf://o w/n",
        "hf://owner/name@\n",
    ):
        code, _, err = said("export", place, "--seed", "1", "--out", studio.folder / "hub.png")
        assert code == 2, place
        assert err, place


@attack("commands", "places to write to that are folders, absent or devices", "a sentence, nothing replaced")
def odd_places(studio: RunningStudio) -> None:
    place = studio.folder / "checkpoints" / "one"
    for out in (studio.folder, studio.folder / "absent" / "x.png", "/proc/x.png", "/dev/full/x.png", "x" * 5000):
        assert said("export", place, "--seed", "1", "--out", out)[0] == 2, out
    assert (studio.folder / "checkpoints" / "one").is_dir()


@attack("commands", "another program's checkpoint that is a pickle with code", "a sentence, nothing run")
def converted(studio: RunningStudio) -> None:
    sprung, file = studio.folder / "sprung-converted", studio.folder / "evil.pth"
    for content in (Trap(sprung), {"generator": Trap(sprung)}, [Trap(sprung)] * 3):
        torch.save(content, file)
        assert said("convert", file, "--out", studio.folder / "converted", program=training_commands)[0] != 0
    file.write_bytes(b"\x80\x04c__builtin__\neval\n(S'1'\ntR.")
    assert said("convert", file, "--out", studio.folder / "converted", program=training_commands)[0] != 0
    assert not sprung.exists()
    assert not (studio.folder / "converted" / "model.safetensors").exists()


@attack("commands", "settings of a recipe that are code", "a sentence, nothing run")
def settings(studio: RunningStudio) -> None:
    data = studio.folder / "absent.safetensors"
    for word in (
        "loss=__import__('os').mkdir('x')",
        "width=10**10",
        "batch=-1",
        "lr=nan",
        "__class__=1",
        "x",
        "=",
        "loss=../x",
        "steps=" + "9" * 5000,
    ):
        code, _, err = said(
            "train", "dcgan", "--data", data, "--out", studio.folder / "run", "--set", word, program=training_commands
        )
        assert code != 0, word
        assert err, word
    assert not (studio.folder / "run").exists()


@attack("commands", "pictures to train with that are bombs, links and scripts", "left out, and named")
def packed(studio: RunningStudio) -> None:
    from tests.attacks.picture_attacks import SIGNATURE, chunk, header, saved

    folder = studio.folder / "pack"
    folder.mkdir(exist_ok=True)
    (folder / "bomb.png").write_bytes(header(100_000, 100_000) + chunk(b"IDAT", b"x") + chunk(b"IEND", b""))
    (folder / "half.png").write_bytes(SIGNATURE)
    (folder / "\x1b[31m\n.png").write_bytes(b"x")
    (folder / "link.png").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe.png")
    for number in range(4):
        (folder / f"good{number}.png").write_bytes(saved("PNG"))
    code, out, err = said("pack", folder, "--out", studio.folder / "packed.safetensors", program=training_commands)
    assert "\x1b" not in out + err
    assert code == 0 or err, "a sentence"
    assert "root:" not in out + err
