"""Attacks by what lies in a folder of checkpoints."""

from __future__ import annotations

import json
import os
import shutil
import struct
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.checkpoints.alarms_in_metrics import triggered_alarms
from studio.checkpoints.catalog import Catalog
from tests.attacks.attack_list import attack
from tests.attacks.message_attacks import secret
from tests.attacks.running_studio import RunningStudio
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.pixels import NotFiniteError
from training.core.tile import seed_tile

QUICK_SECONDS = 10.0


class Trap:
    """An object that makes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return os.mkdir, (str(self.file),)


def copied(studio: RunningStudio, name: str) -> Path:
    """Return a copy of the honest checkpoint, away from the studio's folder."""
    folder = studio.folder / "hostile" / name
    shutil.copytree(studio.folder / "checkpoints" / "one", folder)
    return folder


def assert_refused(folder: Path) -> None:
    """Fail where a checkpoint can be loaded, or costs long."""
    start = time.monotonic()
    with pytest.raises((CheckpointError, NotFiniteError)):
        seed_tile(checkpoint.load(folder).generator, 0)
    assert time.monotonic() - start < QUICK_SECONDS
    for entry in Catalog(folder.parent).entries():
        if entry.folder == folder and entry.problem is None:
            assert entry.sha256 is not None


def with_header(folder: Path, header: bytes, length: int | None = None, data: bytes = b"") -> None:
    size = len(header) if length is None else length
    (folder / checkpoint.WEIGHTS).write_bytes(struct.pack("<Q", size) + header + data)


@attack("checkpoints", "a pickle with code under the name of the weights", "refused, nothing run")
def pickles(studio: RunningStudio) -> None:
    folder, sprung = copied(studio, "pickle"), studio.folder / "sprung"
    torch.save(Trap(sprung), folder / checkpoint.WEIGHTS)
    assert_refused(folder)
    torch.save({"a": Trap(sprung)}, folder / "model.pt")
    assert_refused(folder)
    assert not sprung.exists()


@attack("checkpoints", "a header of the weights that is endless, deep or no JSON", "refused at once")
def lying_headers(studio: RunningStudio) -> None:
    folder = copied(studio, "headers")
    for header, length in (
        (b"{}", 2**63),
        (b"{}", 2**40),
        (b"{}", 0),
        (b"[" * 10**6, None),
        (b"\xff" * 100, None),
        (b"", 8),
    ):
        with_header(folder, header, length)
        assert_refused(folder)


@attack("checkpoints", "tensors that overlap, overflow or lie outside the file", "refused at once")
def lying_tensors(studio: RunningStudio) -> None:
    folder = copied(studio, "tensors")
    for shape, offsets in (
        ([2**40, 2**40], [0, 4]),
        ([2**62, 4], [0, 2**64 - 1]),
        ([1], [0, 10**9]),
        ([1], [4, 0]),
        ([-1], [0, 4]),
    ):
        header = json.dumps({"to_rgb.weight": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}).encode()
        with_header(folder, header, data=bytes(8))
        assert_refused(folder)


@attack("checkpoints", "weights that are not finite", "refused, or told as an error")
def not_finite(studio: RunningStudio) -> None:
    folder = copied(studio, "infinite")
    weights = load_file(folder / checkpoint.WEIGHTS)
    for value in (float("nan"), float("inf"), 3e38):
        changed = {
            name: torch.full_like(one, value) if one.is_floating_point() else one for name, one in weights.items()
        }
        save_file(changed, folder / checkpoint.WEIGHTS)
        assert_refused(folder)


@attack("checkpoints", "weights of other shapes, missing and additional ones", "refused")
def misfits(studio: RunningStudio) -> None:
    folder = copied(studio, "misfits")
    weights = load_file(folder / checkpoint.WEIGHTS)
    first = next(iter(weights))
    for changed in (
        {**weights, "more": torch.zeros(1)},
        {name: one for name, one in weights.items() if name != first},
        {**weights, first: torch.zeros(3)},
        {},
    ):
        save_file(changed, folder / checkpoint.WEIGHTS)
        assert_refused(folder)


@attack("checkpoints", "a config that asks for gigabytes", "refused before anything is built")
def config_bombs(studio: RunningStudio) -> None:
    folder = copied(studio, "configs")
    good = json.loads((folder / checkpoint.CONFIG).read_text())
    (place,) = (name for name, value in good.items() if isinstance(value, dict) and "width" in value)
    for change in (
        {"width": 10**9},
        {"width": -1},
        {"z_dim": 10**12},
        {"resolution": 2**30},
        {"resolution": 0},
        {"network": "../x"},
        {"width": 1e308},
        {"classes": 10**9},
        {"width": True},
        {"width": None},
    ):
        (folder / checkpoint.CONFIG).write_text(json.dumps({**good, place: {**good[place], **change}}))
        assert_refused(folder)


@attack("checkpoints", "a config that is deep, huge, no JSON or no object", "refused")
def odd_configs(studio: RunningStudio) -> None:
    folder = copied(studio, "odd")
    for content in (
        b"[" * 10**5,
        b"{" * 10**5,
        b"null",
        b"[]",
        b"",
        b"\xff\xfe",
        b'{"a": ' + b"9" * 10**5 + b"}",
        b" " * (20 * 2**20),
    ):
        (folder / checkpoint.CONFIG).write_bytes(content)
        assert_refused(folder)


@attack("checkpoints", "links that lead out of the folder", "not listed, not read")
def links(studio: RunningStudio) -> None:
    root = studio.folder / "linked"
    (root / "run").mkdir(parents=True)
    outside = copied(studio, "outside")
    (root / "folder").symlink_to(outside)
    for name in (checkpoint.WEIGHTS, checkpoint.CONFIG, "metrics.jsonl"):
        (root / "run" / name).symlink_to(outside / name)
    (root / "default").symlink_to("/etc/passwd")
    assert [entry for entry in Catalog(root).entries() if entry.problem is None] == []


@attack("checkpoints", "metrics that are a link, a pipe or numbers without end", "no alarm, nothing followed")
def metrics(studio: RunningStudio) -> None:
    folder = copied(studio, "metrics")
    file, outside = folder / "metrics.jsonl", studio.folder / "outside.jsonl"
    outside.write_text('{"alarms": ["collapse"], "alarm": "collapse"}\n')
    file.unlink(missing_ok=True)
    file.symlink_to(outside)
    assert triggered_alarms(folder) == []
    file.unlink()
    file.write_text('{"images": 1e999, "alarms": [NaN, {}, "<script>"]}\n' + "[" * 10**5 + "\n" + "9" * 10**5)
    assert triggered_alarms(folder) == []


@attack("checkpoints", "pipes and folders under the names of files", "refused, nobody waits")
def pipes(studio: RunningStudio) -> None:
    for name in (checkpoint.WEIGHTS, checkpoint.CONFIG, "metrics.jsonl"):
        for make in (os.mkfifo, os.mkdir):
            folder = copied(studio, f"{make.__name__}-{name}")
            (folder / name).unlink(missing_ok=True)
            make(folder / name)
            listing = threading.Thread(
                target=lambda root=folder: [Catalog(root).entries(), triggered_alarms(root)], daemon=True
            )
            listing.start()
            listing.join(QUICK_SECONDS)
            assert not listing.is_alive(), f"{name} is waited for"


@attack("checkpoints", "half-written files and those of other programs beside a checkpoint", "passed over")
def left_over(studio: RunningStudio) -> None:
    root = studio.folder / "beside"
    shutil.copytree(studio.folder / "checkpoints" / "one", root / "one")
    for name in (
        "model.safetensors.part",
        ".model.safetensors.123.part",
        "desktop.ini",
        "model.safetensors~",
        "evil.pt",
    ):
        (root / "one" / name).write_bytes(b"half")
    (root / "default").write_text("../../../etc/passwd\n")
    (entry,) = Catalog(root).entries()
    assert entry.sha256 == studio.sha256


@attack(
    "checkpoints", "a folder whose name is a script, a path or no UTF-8", "a clean name in the list, the page answers"
)
def folder_names(studio: RunningStudio) -> None:
    root = studio.folder / "checkpoints"
    for name in (b"<img src=x onerror=alert(1)>", b"\xff\xfe", "a\u202eb".encode(), b"=cmd()", b"a\nb", b"-rf"):
        shutil.copytree(root / "one", root / os.fsdecode(name))
    try:
        listed = studio.ask("checkpoints.list_checkpoints", secret=None, steps=False)
        text = json.dumps(listed, ensure_ascii=False)
        text.encode()
        assert "\u202e" not in text
        assert "\\n" not in text
    finally:
        for path in root.iterdir():
            if path.name not in ("one", "default"):
                shutil.rmtree(path)


@attack("checkpoints", "an added file that is a pickle, a zip or half a checkpoint", "error_add_..., nothing kept")
def added(studio: RunningStudio) -> None:
    sprung, archive = studio.folder / "sprung-added", studio.folder / "x.zip"
    torch.save(Trap(sprung), studio.folder / "trap.pt")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../escaped.py", "x")
    config = (studio.folder / "checkpoints" / "one" / checkpoint.CONFIG).read_text()
    half = (studio.folder / "checkpoints" / "one" / checkpoint.WEIGHTS).read_bytes()[:-1000]
    with studio.visitor() as client:
        for data in ((studio.folder / "trap.pt").read_bytes(), archive.read_bytes(), half):
            begun = studio.ask(
                "checkpoints.add_begin", client, size=len(data), config=config, name="x", secret=secret()
            )
            code = studio.send_piece(begun["upload"], 0, data, client)
            assert code not in (None, "error_internal"), code
    assert not sprung.exists()
    assert not list(studio.folder.rglob("escaped.py"))
    assert not list((studio.folder / "state").rglob("*.safetensors"))
