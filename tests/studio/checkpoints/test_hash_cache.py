"""What was examined is not examined again by the next start, and a hash that is remembered wrongly shows nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.checkpoints import catalog as module
from studio.checkpoints import hash_cache as known_module
from studio.checkpoints.catalog import Catalog
from studio.checkpoints.hash_cache import HashCache
from training.core.checkpoint import CONFIG, RAW_WEIGHTS, WEIGHTS, CheckpointError

Maker = Callable[..., Path]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "examined.json"


@pytest.fixture
def root(tmp_path: Path, make_checkpoint: Maker) -> Path:
    """Return a folder of three checkpoints: one with both kinds of weights, and a run."""
    other = make_checkpoint(tmp_path / "other", seed=7)
    shutil.copy(other / WEIGHTS, make_checkpoint(tmp_path / "root" / "a") / RAW_WEIGHTS)
    make_checkpoint(tmp_path / "root" / "b", seed=1)
    make_checkpoint(tmp_path / "root" / "run" / "000100", seed=2)
    return tmp_path / "root"


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note which files of weights are examined."""
    names: list[str] = []
    real = module.examine

    def note(folder: Path, weights: str) -> str:
        names.append(f"{folder.name}/{weights}")
        return real(folder, weights)

    monkeypatch.setattr(module, "examine", note)
    return names


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def swap_unnoticed(path: Path, other: Path) -> None:
    """Put other weights into a file so that its size and time stay."""
    before = path.stat()
    path.write_bytes(other.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def test_the_next_start_examines_only_what_is_new(
    root: Path, file: Path, examined: list[str], make_checkpoint: Maker
) -> None:
    first = Catalog(root, known=HashCache(file)).entries()
    assert sorted(examined) == [
        *(f"000100/{WEIGHTS}", f"a/{WEIGHTS}", f"a/{RAW_WEIGHTS}", f"b/{WEIGHTS}"),
    ]
    examined.clear()
    assert Catalog(root, known=HashCache(file)).entries() == first
    assert examined == []
    make_checkpoint(root / "new", seed=3)
    names = [entry.name for entry in Catalog(root, known=HashCache(file)).entries()]
    assert (names, examined) == (["a", "b", "new", "run"], [f"new/{WEIGHTS}"])


@pytest.mark.parametrize("part", [CONFIG, WEIGHTS])
@pytest.mark.parametrize("touch", ["time", "size"])
def test_what_has_changed_is_examined_again(part: str, touch: str, root: Path, file: Path, examined: list[str]) -> None:
    Catalog(root, known=HashCache(file)).entries()
    examined.clear()
    path = root / "b" / part
    before = path.stat().st_mtime_ns
    if touch == "size":
        path.write_bytes(path.read_bytes() + b" ")
    os.utime(path, ns=(before, before + (touch == "time")))
    Catalog(root, known=HashCache(file)).entries()
    assert examined == [f"b/{WEIGHTS}"]


def test_a_damaged_checkpoint_is_examined_with_each_start(root: Path, file: Path, examined: list[str]) -> None:
    (root / "b" / WEIGHTS).write_bytes(b"no weights")
    for _ in range(2):
        examined.clear()
        entry = Catalog(root, known=HashCache(file)).entries()[1]
        assert f"b/{WEIGHTS} is damaged" in str(entry.problem)
        assert f"b/{WEIGHTS}" in examined


def test_a_file_that_was_replaced_unnoticed_is_never_drawn_under_the_old_hash(
    root: Path, file: Path, make_checkpoint: Maker
) -> None:
    old = sha256(root / "b" / WEIGHTS)
    Catalog(root, known=HashCache(file)).entries()
    other = make_checkpoint(root.parent / "more", seed=9) / WEIGHTS
    swap_unnoticed(root / "b" / WEIGHTS, other)
    catalog = Catalog(root, known=HashCache(file))
    assert catalog.entries()[1].sha256 == old  # nothing on the outside tells that it has changed
    with pytest.raises(CheckpointError, match="b has just been replaced"):
        catalog.load(old)
    for healed in (catalog, Catalog(root, known=HashCache(file))):
        assert healed.entries()[1].sha256 == sha256(other)
        assert healed.find(old) is None
        assert healed.load(sha256(other)).folder == root / "b"


def test_a_file_that_was_damaged_unnoticed_is_refused_and_then_told(root: Path, file: Path) -> None:
    path = root / "b" / WEIGHTS
    old, before = sha256(path), path.stat()
    Catalog(root, known=HashCache(file)).entries()
    path.write_bytes(bytes(before.st_size))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    catalog = Catalog(root, known=HashCache(file))
    with pytest.raises(CheckpointError, match="is damaged"):
        catalog.load(old)
    assert catalog.find(old) is None
    assert "is damaged" in str(catalog.entries()[1].problem)
    assert "is damaged" in str(catalog.problem(old))


def odd_files() -> dict[str, bytes]:
    entry = {"format": 1, "sha256": {}}
    return {
        "nothing": b"",
        "damaged": b'{"format": 1, "sha2',
        "no text": b"\xff\xfe\x00",
        "deep": b"[" * 100_000,
        "list": b"[]",
        "other format": json.dumps({**entry, "format": 2}).encode(),
        "no record": json.dumps({**entry, "sha256": ["0" * 64]}).encode(),
        "too large": json.dumps(entry).encode() + b" " * known_module.MOST_BYTES,
    }


@pytest.mark.parametrize("content", odd_files().values(), ids=odd_files())
def test_a_file_that_is_damaged_or_foreign_is_passed_over_and_written_anew(
    content: bytes, root: Path, file: Path, examined: list[str]
) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    Catalog(root, known=HashCache(file)).entries()
    assert len(examined) == 4
    Catalog(root, known=HashCache(file)).entries()
    assert len(examined) == 4


@pytest.mark.parametrize("value", [7, None, "", "zz" * 32, "ab" * 31, ["ab" * 32]])
def test_a_value_that_is_no_hash_is_passed_over(value: Any, root: Path, file: Path) -> None:
    first = Catalog(root, known=HashCache(file)).entries()
    content = json.loads(file.read_text())
    content["sha256"] = dict.fromkeys(content["sha256"], value)
    file.write_text(json.dumps(content))
    assert Catalog(root, known=HashCache(file)).entries() == first


def test_the_newest_hashes_are_kept_and_no_more(
    tmp_path: Path, file: Path, make_checkpoint: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_module, "MOST", 2)
    for seed, name in enumerate("abc"):
        make_checkpoint(tmp_path / "root" / name, seed=seed)
    Catalog(tmp_path / "root", known=HashCache(file)).entries()
    kept = json.loads(file.read_text())["sha256"]
    assert list(kept.values()) == [sha256(tmp_path / "root" / name / WEIGHTS) for name in "bc"]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_where_nothing_can_be_written_all_are_listed_all_the_same(root: Path, tmp_path: Path) -> None:
    (tmp_path / "in_the_way").write_text("no folder")
    catalog = Catalog(root, known=HashCache(tmp_path / "in_the_way" / "examined.json"))
    assert [entry.problem for entry in catalog.entries()] == [None] * 3


def test_a_hash_that_is_listed_is_found_again_without_a_walk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(root)
    listed = catalog.entries()
    walks: list[int] = []
    real = catalog._runs
    monkeypatch.setattr(catalog, "_runs", lambda: walks.append(1) or real())
    assert [catalog.find(str(entry.sha256)) for entry in listed] == listed
    assert catalog.find(str(listed[0].raw)) == listed[0].as_raw()
    assert walks == []
    shutil.move(root / "b", root / "moved")
    found = catalog.find(str(listed[1].sha256))
    assert found is not None
    assert (found.name, len(walks)) == ("moved", 1)
