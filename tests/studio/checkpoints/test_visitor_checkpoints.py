"""Added checkpoints: checked before they are kept, kept within budgets, found like any other."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.checkpoints.uploads import RefusedError
from studio.checkpoints.visitor_checkpoints import (
    MOST_CONFIG_BYTES,
    NAMELESS,
    Added,
    WithAdded,
    check_config,
    check_start,
    clean_name,
)
from studio.clients import Client, serving
from studio.race.tile_file import export_png
from studio.race.verification import verify
from training.core import checkpoint
from training.core.checkpoint import CheckpointError
from training.core.generators import GeneratorConfig, build_generator
from training.core.operations import tile_operations

Make = Callable[..., Path]


@pytest.fixture
def given(tmp_path: Path, make_checkpoint: Make) -> Path:
    """Return the folder that a studio is given, with one checkpoint."""
    return make_checkpoint(tmp_path / "given" / "own", seed=9).parent


@pytest.fixture
def added(tmp_path: Path) -> Added:
    return Added(tmp_path / "added")


def come(tmp_path: Path, folder: Path) -> tuple[bytes, Path]:
    """Return a checkpoint as it comes from a page: its config, and its weights in a file of their own."""
    weights = tmp_path / f"came_{folder.name}"
    weights.write_bytes((folder / "model.safetensors").read_bytes())
    return (folder / "config.json").read_bytes(), weights


def kept(added: Added) -> list[str]:
    """Name everything that lies in the folder, hidden or not."""
    return sorted(path.name for path in added.folder.iterdir()) if added.folder.is_dir() else []


def test_an_added_checkpoint_is_found_drawn_and_verified_like_any_other_and_after_a_restart(
    tmp_path: Path, given: Path, added: Added, make_checkpoint: Make
) -> None:
    catalog = WithAdded(given, added.catalog)
    assert [entry.name for entry in catalog.entries()] == ["own"]
    sha256 = added.take(*come(tmp_path, make_checkpoint(tmp_path / "other", seed=1)), "Mine / the best")
    assert kept(added) == [sha256]
    for again in (catalog, WithAdded(given, Added(added.folder).catalog)):
        assert [entry.name for entry in again.entries()] == ["own", "Mine the best · added"]
        entry = again.find(sha256[:8])
        assert entry is not None
        assert added.holds(entry)
        verdict = verify(export_png(again.load(sha256), 3), again)
        assert (verdict.outcome, verdict.checkpoint) == ("pass_exact", sha256)
    own = catalog.default()
    assert own is not None
    assert own.name == "own"
    assert not added.holds(own)


def test_where_nothing_is_given_the_added_one_is_shown(tmp_path: Path, added: Added, make_checkpoint: Make) -> None:
    sha256 = added.take(*come(tmp_path, make_checkpoint(tmp_path / "other")), "only")
    default = WithAdded(tmp_path / "absent", added.catalog).default()
    assert default is not None
    assert (default.sha256, default.name) == (sha256, "only · added")


def test_one_that_lies_in_the_given_folder_too_is_listed_once(tmp_path: Path, given: Path, added: Added) -> None:
    added.take(*come(tmp_path, given / "own"), "again")
    assert [entry.name for entry in WithAdded(given, added.catalog).entries()] == ["own"]


def test_beyond_the_number_and_the_bytes_the_oldest_go_and_none_of_the_given_folder(
    tmp_path: Path, given: Path, make_checkpoint: Make
) -> None:
    folders = [make_checkpoint(tmp_path / str(seed), seed=seed) for seed in range(4)]
    few = Added(tmp_path / "few", most=2)
    hashes = [few.take(*come(tmp_path, folder), "") for folder in folders[:3]]
    assert kept(few) == sorted(hashes[1:])
    size = sum(file.stat().st_size for file in (few.folder / hashes[1]).iterdir())
    small = Added(few.folder, most_bytes=2 * size + 100)
    newest = small.take(*come(tmp_path, folders[3]), "")
    assert kept(small) == sorted([hashes[2], newest])
    assert next(entry.name for entry in WithAdded(given, small.catalog).entries()) == "own"


def test_whoever_has_added_most_makes_room_and_others_keep_theirs(tmp_path: Path, make_checkpoint: Make) -> None:
    folders = [make_checkpoint(tmp_path / str(seed), seed=seed) for seed in range(6)]
    few = Added(tmp_path / "few", most=3)
    honest = few.take(*come(tmp_path, folders[0]), "", "honest")
    greedy = [few.take(*come(tmp_path, folder), "", "greedy") for folder in folders[1:5]]
    assert kept(few) == sorted([honest, *greedy[2:]])
    size = sum(file.stat().st_size for file in (few.folder / honest).iterdir())
    small = Added(few.folder, most_bytes=3 * size + 100)
    newest = small.take(*come(tmp_path, folders[5]), "", "greedy")
    assert kept(small) == sorted([honest, greedy[3], newest])


def test_an_address_that_adds_under_many_sessions_and_secrets_pushes_out_its_own(
    tmp_path: Path, make_checkpoint: Make
) -> None:
    folders = [make_checkpoint(tmp_path / str(seed), seed=seed) for seed in range(7)]
    few = Added(tmp_path / "few", most=4)

    def take(folder: Path, source: str, address: str) -> str:
        with serving(Client(source, address)):
            return few.take(*come(tmp_path, folder), "", f"secret of {source}")

    honest = [take(folder, f"honest {folder.name}", "198.51.100.9") for folder in folders[:2]]
    flood = [take(folder, f"session {folder.name}", "192.0.2.1") for folder in folders[2:]]
    assert kept(few) == sorted([*honest, *flood[-2:]])
    assert set(few._holders) == set(kept(few))


def broken(folder: Path, kind: str) -> None:
    """Spoil a checkpoint in one of the ways in which they come."""
    config, weights = folder / "config.json", folder / "model.safetensors"
    values = json.loads(config.read_text(encoding="utf-8"))
    data = weights.read_bytes()
    if kind == "cut":
        weights.write_bytes(data[:-10])
    if kind == "other_config":
        values["generator"]["width"] = 8
    if kind == "enormous":
        values["generator"] = {"network": "dcgan", "z_dim": 1024, "resolution": 256, "width": 128}
    if kind == "unknown_network":
        values["generator"]["network"] = "../../other"
    if kind == "other_format":
        values["format"] = 2
    if kind == "not_finite":
        (length,) = struct.unpack("<Q", data[:8])
        weights.write_bytes(data[: 8 + length] + b"\xff" * (len(data) - 8 - length))
    config.write_text(json.dumps(values), encoding="utf-8")


@pytest.mark.parametrize("kind", ["cut", "other_config", "enormous", "unknown_network", "other_format", "not_finite"])
def test_what_cannot_be_loaded_strictly_is_refused_without_a_trace_or_a_path(
    tmp_path: Path, added: Added, make_checkpoint: Make, kind: str
) -> None:
    folder = make_checkpoint(tmp_path / "other")
    broken(folder, kind)
    with pytest.raises(CheckpointError) as caught:
        added.take(*come(tmp_path, folder), "")
    assert str(tmp_path) not in str(caught.value)
    assert kept(added) == []


def test_a_pickle_is_refused_and_nothing_in_it_runs(tmp_path: Path, added: Added, make_checkpoint: Make) -> None:
    config, weights = come(tmp_path, make_checkpoint(tmp_path / "other"))
    ran = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (ran,)

    torch.save({"weight": torch.zeros(2)}, tmp_path / "zip.pt")
    for data in (pickle.dumps(Evil()), pickle.dumps(Evil(), protocol=2), (tmp_path / "zip.pt").read_bytes()):
        weights.write_bytes(data)
        with pytest.raises(RefusedError, match="error_add_pickle_inside"):
            added.take(config, weights, "")
    for data in (b"", b"{}", b"PNG", struct.pack("<Q", 10**12) + b"{}"):
        weights.write_bytes(data)
        with pytest.raises(RefusedError, match="error_add_weights"):
            added.take(config, weights, "")
    assert not ran.exists()
    assert kept(added) == []


def test_a_header_whose_length_begins_as_a_pickle_does_is_no_pickle() -> None:
    check_start(struct.pack("<Q", 0x4B50 + (0x04 << 24) + 0x030000) + b"{")
    check_start(struct.pack("<Q", 0x80) + b"{")


@pytest.mark.parametrize(
    "config",
    [
        GeneratorConfig(network="resnet", z_dim=8, resolution=128, width=1, attention=128),
        GeneratorConfig(network="lightweight_gan", z_dim=8, resolution=256, width=1, linear_attention=(8, 128)),
    ],
    ids=lambda config: config.network,
)
def test_attention_that_takes_gigabytes_is_refused(tmp_path: Path, added: Added, config: GeneratorConfig) -> None:
    folder = tmp_path / "wide"
    folder.mkdir()
    checkpoint.save(folder, config, build_generator(config).state_dict(), {})
    with pytest.raises(RefusedError) as caught:
        added.take(*come(tmp_path, folder), "")
    assert (caught.value.code, caught.value.values) == ("error_add_attention", {"side": 128, "limit": 64})
    assert kept(added) == []


def test_a_generator_of_too_many_operations_is_refused_with_their_number(tmp_path: Path, added: Added) -> None:
    config = GeneratorConfig(network="resnet", z_dim=8, resolution=256, width=32)
    folder = tmp_path / "heavy"
    folder.mkdir()
    checkpoint.save(folder, config, build_generator(config).state_dict(), {"images": 1})
    assert (folder / "model.safetensors").stat().st_size < 33_000_000
    with pytest.raises(RefusedError) as caught:
        added.take(*come(tmp_path, folder), "")
    assert caught.value.code == "error_add_operations"
    assert caught.value.values == {"gigaflop": round(tile_operations(config) / 1e9), "limit": 1000}
    assert kept(added) == []


def test_one_that_was_added_before_there_was_a_limit_is_listed_with_the_reason(
    tmp_path: Path, given: Path, added: Added, make_checkpoint: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = added.take(*come(tmp_path, make_checkpoint(tmp_path / "other")), "Mine")
    limited = Added(tmp_path / "added")
    limited.catalog._most_operations = 1000
    (entry,) = limited.catalog.entries()
    operations = tile_operations(checkpoint.describe(entry.folder).config)
    assert entry.problem is not None
    assert entry.problem.why == "operations"
    assert f"{operations / 1e9:.0f} GFLOP" in str(entry.problem)
    assert WithAdded(given, limited.catalog).find(sha256) is None


def config_of(**about: Any) -> bytes:
    return json.dumps({"format": 1, "generator": {}, "about": about}).encode()


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (b"", "error_add_config"),
        (b"\xff{}", "error_add_config"),
        (b'{"about": {"images": NaN}}', "error_add_config"),
        (b"[" * 60_000, "error_add_config"),
        (b'{"about": {"recipe": {"summary": "\\ud800"}}}', "error_add_config"),
        (b"[1, 2]", "error_add_passport"),
        (b'{"about": 3}', "error_add_passport"),
        (b'{"about": {"seconds": 1e999}}', "error_add_passport"),
        (config_of(images={"toLocaleString": 1}), "error_add_passport"),
        (config_of(images=True), "error_add_passport"),
        (config_of(images=-5), "error_add_passport"),
        (config_of(recipe="all"), "error_add_passport"),
        (config_of(recipe={"summary": ["x"]}), "error_add_passport"),
        (config_of(recipe={"summary": "x" * 301}), "error_add_passport"),
        (config_of(pretrained={"a": 1}), "error_add_passport"),
        (config_of(metrics=7), "error_add_passport"),
        (b" " * (MOST_CONFIG_BYTES + 1), "error_add_config_size"),
    ],
)
def test_a_passport_that_would_break_the_page_is_refused(config: bytes, code: str) -> None:
    with pytest.raises(RefusedError, match=code):
        check_config(config)


def test_every_shipped_passport_is_fine() -> None:
    configs = list((Path(__file__).parents[3] / "checkpoints").glob("*/config.json"))
    assert len(configs) >= 8
    for path in configs:
        check_config(path.read_bytes())
    check_config(config_of())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Mine", "Mine"),
        ("  花の GAN\n2 ", "花の GAN 2"),
        ("../../etc/passwd", "....etcpasswd"),
        ("<b>x</b>", "bxb"),
        ("a\u202eb\x00c\ud800d", "ab cd"),
        ("x" * 500, "x" * 40),
        ("", NAMELESS),
        (" \t", NAMELESS),
        (None, NAMELESS),
        (["a"], NAMELESS),
    ],
)
def test_a_name_is_cleaned(name: object, shown: str) -> None:
    assert clean_name(name) == shown


def test_a_damaged_note_costs_the_name_only(tmp_path: Path, added: Added, make_checkpoint: Make) -> None:
    sha256 = added.take(*come(tmp_path, make_checkpoint(tmp_path / "other")), "Mine")
    (added.folder / sha256 / "added.json").write_bytes(b"\xff{")
    assert [(entry.name, entry.problem) for entry in added.catalog.entries()] == [(NAMELESS, None)]


def test_a_copy_that_a_drive_has_made_of_an_added_one_is_neither_counted_nor_removed(
    tmp_path: Path, make_checkpoint: Make
) -> None:
    added = Added(tmp_path / "added", most=1)
    first = added.take(*come(tmp_path, make_checkpoint(tmp_path / "first", seed=1)), "First")
    shutil.copytree(added.folder / first, added.folder / f"{first} (1)")
    second = added.take(*come(tmp_path, make_checkpoint(tmp_path / "second", seed=2)), "Second")
    assert kept(added) == sorted([second, f"{first} (1)"])


# names


@pytest.mark.parametrize(
    "name", ["run", "RUN", " r.u.n ", "ｒｕｎ", "run · raw", "run-RAW", "run2", "гun", "ruп", "rún"]
)
def test_a_name_that_can_be_taken_for_one_of_the_folders_own_is_refused(
    name: str, tmp_path: Path, added: Added, make_checkpoint: Make
) -> None:
    make_checkpoint(tmp_path / "given" / "run")
    with pytest.raises(RefusedError) as refusal:
        WithAdded(tmp_path / "given", added.catalog).check_name(name)
    assert (refusal.value.code, refusal.value.values) == ("error_add_name", {"name": clean_name(name)})


@pytest.mark.parametrize("name", ["runner", "run 2", "", "花"])
def test_any_other_name_is_taken(name: str, tmp_path: Path, added: Added, make_checkpoint: Make) -> None:
    make_checkpoint(tmp_path / "given" / "run")
    WithAdded(tmp_path / "given", added.catalog).check_name(name)


def test_one_that_has_such_a_name_already_is_listed_as_added(
    tmp_path: Path, added: Added, make_checkpoint: Make
) -> None:
    own = make_checkpoint(tmp_path / "given" / "run")
    other = make_checkpoint(tmp_path / "other", seed=5)
    sha256 = added.take(*come(tmp_path, other), "Run")
    listed = WithAdded(tmp_path / "given", added.catalog).entries()
    assert [(one.name, one.origin) for one in listed] == [("run", "folder"), ("Run · added", "added")]
    verdict = verify(export_png(checkpoint.load(other), 3), WithAdded(tmp_path / "given", added.catalog))
    assert (verdict.outcome, verdict.origin, verdict.checkpoint) == ("pass_exact", "added", sha256)
    assert verdict.sentence.endswith("was added by a visitor; it is not one of the organiser's.")
    assert verify(export_png(checkpoint.load(own), 3), WithAdded(tmp_path / "given", added.catalog)).remarks == ()
