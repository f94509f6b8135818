"""The catalog finds what can be shown, says why the rest cannot, and keeps to its folder and its memory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save_file

from studio.checkpoints import catalog as module
from studio.checkpoints.catalog import Catalog, UnknownCheckpointError, size_of
from training.core.checkpoint import CONFIG, RAW_WEIGHTS, WEIGHTS, Checkpoint, CheckpointError

Maker = Callable[..., Path]


def sha256(folder: Path) -> str:
    return hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()


def names(catalog: Catalog) -> list[str]:
    return [entry.name for entry in catalog.entries()]


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Count which folders are read from the disk."""
    read: list[Path] = []

    def counted(real: Callable[[Path, str], Any]) -> Callable[[Path, str], Any]:
        def count(folder: Path, weights: str) -> Any:
            read.append(folder)
            return real(folder, weights)

        return count

    for name in ("examine", "load"):
        monkeypatch.setattr(module, name, counted(getattr(module, name)))
    return read


# what is listed


def test_checkpoints_are_listed_by_name_at_any_depth(tmp_path: Path, make_checkpoint: Maker) -> None:
    for name in ("b", "a", "deep/er/c"):
        make_checkpoint(tmp_path / name)
    entries = Catalog(tmp_path).entries()
    assert [entry.name for entry in entries] == ["a", "b", "deep/er/c"]
    assert [entry.sha256 for entry in entries] == [sha256(tmp_path / entry.name) for entry in entries]
    assert [entry.problem for entry in entries] == [None] * 3


def test_a_run_shows_its_newest_checkpoint_only(tmp_path: Path, make_checkpoint: Maker) -> None:
    for seed, step in enumerate(("000900", "001000", "10000")):
        make_checkpoint(tmp_path / "run" / step, seed=seed)
    (entry,) = Catalog(tmp_path).entries()
    assert (entry.name, entry.folder.name) == ("run", "10000")


def test_an_older_checkpoint_of_a_run_is_found_by_its_hash(tmp_path: Path, make_checkpoint: Maker) -> None:
    older = make_checkpoint(tmp_path / "run" / "000100")
    catalog = Catalog(tmp_path)
    first = catalog.find(sha256(older))
    assert first is not None
    assert first.name == "run"
    make_checkpoint(tmp_path / "run" / "000200", seed=1)
    found = catalog.find(sha256(older))
    assert found is not None
    assert (found.name, found.folder.name) == ("run/000100", "000100")
    assert catalog.load(sha256(older)).folder.name == "000100"
    assert names(catalog) == ["run"]


def test_unfinished_folders_are_not_seen(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_checkpoint(tmp_path / "run" / "000100")
    make_checkpoint(tmp_path / "run" / ".000200.part", seed=1)
    make_checkpoint(tmp_path / ".new.part", seed=2)
    (entry,) = Catalog(tmp_path).entries()
    assert entry.folder.name == "000100"


def test_the_root_may_lie_in_a_folder_that_is_named_like_an_unfinished_one(
    tmp_path: Path, make_checkpoint: Maker
) -> None:
    make_checkpoint(tmp_path / "disk.part" / "root" / "a")
    assert names(Catalog(tmp_path / "disk.part" / "root")) == ["a"]


@pytest.mark.parametrize("root", ["one", "2024", "run"])
def test_the_root_may_itself_be_a_checkpoint_or_a_run(root: str, tmp_path: Path, make_checkpoint: Maker) -> None:
    folder = make_checkpoint(tmp_path / root / ("000100" if root == "run" else ""))
    make_checkpoint(tmp_path / "outside", seed=1)
    (entry,) = Catalog(tmp_path / root).entries()
    assert (entry.name, entry.folder, entry.problem) == (root, folder, None)


def test_no_folder_and_an_empty_one_list_nothing(tmp_path: Path) -> None:
    for catalog in (Catalog(tmp_path), Catalog(tmp_path / "missing")):
        assert catalog.entries() == []
        assert catalog.default() is None
        assert catalog.find("0" * 64) is None


def test_a_relative_root_gives_the_same_names(
    tmp_path: Path, make_checkpoint: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    (make_checkpoint(tmp_path / "a") / WEIGHTS).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    (entry,) = Catalog(Path()).entries()
    assert entry.name == "a"
    assert entry.problem is not None
    assert f"a/{WEIGHTS} is damaged" in str(entry.problem)


# what is wrong with some


def lose_weights(folder: Path) -> None:
    (folder / WEIGHTS).unlink()


def lose_config(folder: Path) -> None:
    (folder / CONFIG).unlink()


def empty(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(b"")


def truncate(folder: Path) -> None:
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:-100])


def write_text(folder: Path) -> None:
    (folder / WEIGHTS).write_text("no safetensors")


def write_pickle(folder: Path) -> None:
    torch.save({"other": torch.zeros(3)}, folder / WEIGHTS)


def write_foreign(folder: Path) -> None:
    save_file({"other": torch.zeros(3)}, folder / WEIGHTS)


def write_infinity(folder: Path) -> None:
    state = load((folder / WEIGHTS).read_bytes())
    state = {name: value / 0 if value.is_floating_point() else value for name, value in state.items()}
    save_file(state, folder / WEIGHTS)


def edit_config(**edit: object) -> Callable[[Path], None]:
    def edited(folder: Path) -> None:
        values = json.loads((folder / CONFIG).read_text())
        values["generator"] |= edit
        (folder / CONFIG).write_text(json.dumps(values))

    return edited


def break_config(folder: Path) -> None:
    (folder / CONFIG).write_text("{")


def write_another_format(folder: Path) -> None:
    (folder / CONFIG).write_text('{"format": 9}')


def enlarge(folder: Path) -> None:
    (folder / WEIGHTS).write_bytes(bytes(8_000_000))


DAMAGE: dict[Callable[[Path], None], tuple[str, str]] = {
    lose_weights: (f"has no {WEIGHTS}", "no_weights"),
    lose_config: ("is no checkpoint", "no_run"),
    empty: ("is damaged", "damaged"),
    truncate: ("is damaged", "damaged"),
    write_text: ("is damaged", "damaged"),
    write_pickle: ("is damaged", "pickle"),
    write_foreign: ("disagree about the weights", "weights_names"),
    write_infinity: ("not finite", "not_finite"),
    enlarge: ("is larger than", "weights_size"),
    edit_config(width=8): ("its config asks for", "weights_shape"),
    edit_config(network="stylegan"): ("'stylegan' is not one of", "choice"),
    edit_config(network="\ud800"): ("is not one of", "choice"),
    break_config: ("cannot be read", "json"),
    write_another_format: ("has the format 9", "format"),
}


@pytest.mark.parametrize(("damage", "reason", "why"), [(damage, *said) for damage, said in DAMAGE.items()])
def test_a_damaged_checkpoint_is_a_line_with_its_reason_and_the_rest_works(
    damage: Callable[[Path], None], reason: str, why: str, tmp_path: Path, make_checkpoint: Maker
) -> None:
    damage(make_checkpoint(tmp_path / "bad"))
    good = make_checkpoint(tmp_path / "good", seed=1)
    catalog = Catalog(tmp_path)
    bad, rest = catalog.entries()
    assert (bad.name, bad.sha256, bad.description) == ("bad", None, None)
    assert bad.problem is not None
    assert reason in str(bad.problem)
    assert bad.problem.why == why
    assert str(tmp_path) not in f"{bad.problem} {bad.problem.values}"
    assert (rest.name, rest.problem) == ("good", None)
    assert catalog.default() == rest
    assert catalog.load(sha256(good)).folder == good


def test_a_checkpoint_for_which_there_is_no_memory_is_a_line_too(
    tmp_path: Path, make_checkpoint: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_checkpoint(tmp_path / "a")

    def no_memory(*_: object) -> Checkpoint:
        raise RuntimeError("can't allocate memory")

    monkeypatch.setattr(module, "examine", no_memory)
    (entry,) = Catalog(tmp_path).entries()
    assert (str(entry.problem), entry.problem.why) == ("can't allocate memory", "memory")


def test_a_folder_in_a_run_that_is_no_number_but_looks_like_one_takes_nothing_else_down(
    tmp_path: Path, make_checkpoint: Maker
) -> None:
    make_checkpoint(tmp_path / "good")
    make_checkpoint(tmp_path / "run" / "²", seed=1)
    catalog = Catalog(tmp_path)
    assert "good" in names(catalog)
    assert catalog.find("0" * 64) is None


# its bounds


@pytest.mark.parametrize("name", ["..", "../outside", "../../outside", "/etc", "outside", "."])
def test_only_hashes_name_anything(name: str, tmp_path: Path, make_checkpoint: Maker) -> None:
    make_checkpoint(tmp_path / "outside")
    make_checkpoint(tmp_path / "root" / "a", seed=1)
    catalog = Catalog(tmp_path / "root")
    assert catalog.find(name) is None
    with pytest.raises(UnknownCheckpointError):
        catalog.load(name)
    (tmp_path / "root" / "default").write_text(name)
    default = catalog.default()
    assert default is not None
    assert default.name == "a"


def test_links_out_of_the_root_are_not_followed(tmp_path: Path, make_checkpoint: Maker) -> None:
    outside = make_checkpoint(tmp_path / "outside")
    root = tmp_path / "root"
    good = make_checkpoint(root / "run" / "000100", seed=1)
    (root / "folder").symlink_to(outside)
    (root / "files").mkdir()
    for name in (CONFIG, WEIGHTS):
        (root / "files" / name).symlink_to(outside / name)
    (root / "run" / "000200").symlink_to(outside)
    catalog = Catalog(root)
    assert [(entry.name, entry.sha256) for entry in catalog.entries()] == [("files", None), ("run", None)]
    assert all("a link to outside" in str(entry.problem) for entry in catalog.entries())
    assert catalog.find(sha256(outside)) is None
    assert catalog.find(sha256(good)) is not None


def test_a_root_that_is_a_link_works(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_checkpoint(tmp_path / "drive" / "a")
    (tmp_path / "link").symlink_to(tmp_path / "drive")
    (entry,) = Catalog(tmp_path / "link").entries()
    assert (entry.name, entry.problem) == ("a", None)


def test_links_in_a_circle_end(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_checkpoint(tmp_path / "a")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / CONFIG).symlink_to(tmp_path / "b" / CONFIG)
    good, bad = Catalog(tmp_path).entries()
    assert (good.name, good.problem) == ("a", None)
    assert (bad.name, bad.sha256) == ("b", None)


# finding and loading


@pytest.mark.parametrize(("length", "found"), [(0, False), (7, False), (8, True), (63, True), (64, True)])
def test_a_hash_may_be_shortened_to_eight_digits(
    length: int, found: bool, tmp_path: Path, make_checkpoint: Maker
) -> None:
    wanted = sha256(make_checkpoint(tmp_path / "a"))[:length]
    catalog = Catalog(tmp_path)
    assert (catalog.find(wanted) is not None) == found
    assert (catalog.find(wanted.upper()) is not None) == found


def test_a_checkpoint_is_read_once_however_its_hash_is_written(
    tmp_path: Path, make_checkpoint: Maker, loads: list[Path]
) -> None:
    wanted = sha256(make_checkpoint(tmp_path / "a"))
    catalog = Catalog(tmp_path)
    catalog.entries()
    loads.clear()
    first = catalog.load(wanted)
    assert catalog.load(wanted[:8]) is first
    assert catalog.load(wanted.upper()) is first
    assert len(loads) == 1


def test_listing_again_reads_no_file_of_weights_again(
    tmp_path: Path, make_checkpoint: Maker, loads: list[Path]
) -> None:
    (make_checkpoint(tmp_path / "bad") / WEIGHTS).write_bytes(b"")
    make_checkpoint(tmp_path / "good")
    catalog = Catalog(tmp_path)
    first = catalog.entries()
    assert [path.name for path in loads] == ["bad", "good"]
    assert catalog.entries() == first
    assert len(loads) == 2


def test_only_the_checkpoints_used_last_are_kept_within_the_bytes(
    tmp_path: Path, make_checkpoint: Maker, loads: list[Path]
) -> None:
    a, b, c = (sha256(make_checkpoint(tmp_path / name, seed=seed)) for seed, name in enumerate("abc"))
    catalog = Catalog(tmp_path, kept_bytes=2 * size_of(Catalog(tmp_path).load(a).generator))
    catalog.entries()
    loads.clear()
    for wanted in (a, b, a, c, a, b):  # b, used less lately than a, is given up for c
        assert catalog.load(wanted).sha256 == wanted
    assert [path.name for path in loads] == ["a", "b", "c", "b"]


def test_a_replaced_checkpoint_is_noticed(tmp_path: Path, make_checkpoint: Maker) -> None:
    old = sha256(make_checkpoint(tmp_path / "a"))
    catalog = Catalog(tmp_path)
    kept = catalog.load(old)
    shutil.rmtree(tmp_path / "a")
    new = sha256(make_checkpoint(tmp_path / "a", seed=1))
    assert new != old
    assert catalog.entries()[0].sha256 == new
    assert catalog.load(new).sha256 == new
    assert catalog.find(old) is None
    assert catalog.load(old) is kept
    with pytest.raises(UnknownCheckpointError, match=old[:8]):
        Catalog(tmp_path).load(old)


def test_a_mended_checkpoint_is_noticed(tmp_path: Path, make_checkpoint: Maker) -> None:
    path = make_checkpoint(tmp_path / "a") / WEIGHTS
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    catalog = Catalog(tmp_path)
    assert catalog.entries()[0].problem is not None
    path.write_bytes(whole)
    assert catalog.entries()[0].problem is None


def test_a_checkpoint_replaced_while_it_is_loaded_is_refused(
    tmp_path: Path, make_checkpoint: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sha256(make_checkpoint(tmp_path / "a"))
    other = make_checkpoint(tmp_path / "other", seed=1)
    catalog = Catalog(tmp_path)
    catalog.entries()
    real = module.load
    monkeypatch.setattr(module, "load", lambda *_: real(other))
    with pytest.raises(CheckpointError, match="a has just been replaced"):
        catalog.load(old)
    monkeypatch.undo()
    assert catalog.load(old).sha256 == old


def test_many_threads_load_one_checkpoint_once(tmp_path: Path, make_checkpoint: Maker, loads: list[Path]) -> None:
    wanted = [sha256(make_checkpoint(tmp_path / name, seed=seed)) for seed, name in enumerate("ab")]
    catalog = Catalog(tmp_path)
    catalog.entries()
    loads.clear()
    together = threading.Barrier(8)

    def load(index: int) -> Checkpoint:
        together.wait()
        return catalog.load(wanted[index % 2])

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(load, range(8)))
    assert len({id(checkpoint) for checkpoint in found}) == 2
    assert [checkpoint.sha256 for checkpoint in found] == wanted * 4
    assert sorted(path.name for path in loads) == ["a", "b"]


# which comes first


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"b", "b"), (b"b\n", "b"), (b"missing", "a"), (b"", "a"), (b"\xff\xfe", "a"), (b"bad", "a"), (None, "a")],
)
def test_the_file_default_names_what_is_shown_first_otherwise_the_newest_is(
    content: bytes | None, name: str, tmp_path: Path, make_checkpoint: Maker
) -> None:
    for age, folder in enumerate(("bad", "a", "b")):
        os.utime(make_checkpoint(tmp_path / folder) / WEIGHTS, ns=(0, 10**18 - age))
    (tmp_path / "bad" / WEIGHTS).write_bytes(b"")
    if content is not None:
        (tmp_path / "default").write_bytes(content)
    default = Catalog(tmp_path).default()
    assert default is not None
    assert default.name == name


# what a run kept of its way


def make_run(root: Path, make_checkpoint: Maker) -> None:
    for seed, place in enumerate(("steps/000001024", "steps/000002048", "000003000")):
        make_checkpoint(root / place, seed=seed)


def test_a_run_with_kept_steps_is_one_line(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_run(tmp_path / "run", make_checkpoint)
    make_checkpoint(tmp_path / "alone", seed=5)
    catalog = Catalog(tmp_path)
    alone, run = catalog.entries()
    assert (alone.name, run.name) == ("alone", "run")
    assert run.sha256 == sha256(tmp_path / "run" / "000003000")
    assert catalog.steps(alone) == []
    steps = catalog.steps(run)
    assert [step.name for step in steps] == ["run/steps/000001024", "run/steps/000002048"]
    for step in steps:
        assert step.sha256 == sha256(step.folder)
        assert catalog.find(str(step.sha256)) == step
        assert catalog.load(str(step.sha256)).folder == step.folder


def test_copies_beside_the_checkpoints_of_a_run_and_folders_of_systems_are_not_listed(
    tmp_path: Path, make_checkpoint: Maker
) -> None:
    make_run(tmp_path / "run", make_checkpoint)
    for place in ("run/000003000 2", "run/000009000 (1)", "run/steps/000002048 - Copy", "@eaDir/one", "lost+found/two"):
        make_checkpoint(tmp_path / place, seed=7)
    make_checkpoint(tmp_path / "other" / "000003000 のコピー", seed=8)  # the only one that is left
    catalog = Catalog(tmp_path)
    assert names(catalog) == ["other/000003000 のコピー", "run"]
    run = catalog.entries()[1]
    assert run.folder.name == "000003000"
    assert [step.name for step in catalog.steps(run)] == ["run/steps/000001024", "run/steps/000002048"]
    assert catalog.find(sha256(tmp_path / "run" / "000003000 2")) is None


def test_listing_steps_loads_none_of_them(tmp_path: Path, make_checkpoint: Maker, loads: list[Path]) -> None:
    make_run(tmp_path / "run", make_checkpoint)
    catalog = Catalog(tmp_path)
    catalog.steps(catalog.entries()[0])
    assert [path.name for path in loads] == ["000003000"]


def test_a_damaged_step_is_left_out_or_refused_when_it_is_loaded(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_run(tmp_path / "run", make_checkpoint)
    break_config(tmp_path / "run" / "steps" / "000001024")
    truncate(tmp_path / "run" / "steps" / "000002048")
    catalog = Catalog(tmp_path)
    (run,) = catalog.entries()
    (step,) = catalog.steps(run)
    with pytest.raises(CheckpointError, match="is damaged") as raised:
        catalog.load(str(step.sha256))
    assert str(tmp_path) not in str(raised.value)
    assert run.problem is None


def test_steps_outside_the_root_are_not_followed(tmp_path: Path, make_checkpoint: Maker) -> None:
    outside = make_checkpoint(tmp_path / "outside" / "000001024")
    make_checkpoint(tmp_path / "root" / "run" / "000003000", seed=1)
    (tmp_path / "root" / "run" / "steps").symlink_to(outside.parent)
    catalog = Catalog(tmp_path / "root")
    assert catalog.steps(catalog.entries()[0]) == []
    assert catalog.find(sha256(outside)) is None


def test_a_folder_of_checkpoints_may_be_called_steps(tmp_path: Path, make_checkpoint: Maker) -> None:
    make_checkpoint(tmp_path / "steps" / "one")
    make_checkpoint(tmp_path / "steps" / "run" / "000000010", seed=1)
    assert names(Catalog(tmp_path)) == ["steps/one", "steps/run"]


# weights as last trained, beside their average


@pytest.fixture
def make_twin(tmp_path: Path, make_checkpoint: Maker) -> Callable[[Path], tuple[str, str]]:
    """Return a function that writes a checkpoint with both kinds of weights and returns the hashes of both."""

    def make(folder: Path) -> tuple[str, str]:
        other = make_checkpoint(tmp_path / "other" / folder.name, seed=7)
        shutil.copy(other / WEIGHTS, make_checkpoint(folder) / RAW_WEIGHTS)
        return sha256(folder), sha256(other)

    return make


Twin = Callable[[Path], tuple[str, str]]


def test_weights_as_last_trained_are_found_by_their_own_hash_and_are_no_line(tmp_path: Path, make_twin: Twin) -> None:
    average, raw = make_twin(tmp_path / "root" / "a")
    catalog = Catalog(tmp_path / "root")
    (entry,) = catalog.entries()
    assert (entry.sha256, entry.raw, entry.weights, entry.raw_problem) == (average, raw, "averaged", None)
    found = catalog.find(raw[:8])
    assert found is not None
    assert (found.name, found.sha256, found.folder, found.weights) == ("a · raw", raw, entry.folder, "raw")
    assert (catalog.load(raw).sha256, catalog.load(raw[:8]).raw) == (raw, True)
    assert (catalog.load(average).sha256, catalog.load(average).raw) == (average, False)
    assert catalog.find(average) == entry


def test_those_of_an_older_checkpoint_of_a_run_are_found_too(
    tmp_path: Path, make_twin: Twin, make_checkpoint: Maker
) -> None:
    _, raw = make_twin(tmp_path / "root" / "run" / "000100")
    make_checkpoint(tmp_path / "root" / "run" / "000200", seed=1)
    catalog = Catalog(tmp_path / "root")
    found = catalog.find(raw)
    assert found is not None
    assert found.name == "run/000100 · raw"
    assert catalog.entries()[0].raw is None


@pytest.mark.parametrize(
    ("damage", "reason"), [(truncate, "is damaged"), (write_foreign, "disagree"), (write_infinity, "not finite")]
)
def test_damaged_weights_as_last_trained_are_a_reason_and_harm_the_average_not(
    damage: Callable[[Path], None], reason: str, tmp_path: Path, make_twin: Twin, make_checkpoint: Maker
) -> None:
    average, raw = make_twin(tmp_path / "root" / "a")
    bad = make_checkpoint(tmp_path / "bad", seed=7)
    damage(bad)
    shutil.copy(bad / WEIGHTS, tmp_path / "root" / "a" / RAW_WEIGHTS)
    catalog = Catalog(tmp_path / "root")
    (entry,) = catalog.entries()
    assert (entry.sha256, entry.problem, entry.raw) == (average, None, None)
    assert f"a/{RAW_WEIGHTS}" in str(entry.raw_problem)
    assert reason in str(entry.raw_problem)
    assert str(tmp_path) not in str(entry.raw_problem)
    assert catalog.load(average).sha256 == average
    assert catalog.find(raw) is None


def test_weights_as_last_trained_outside_the_root_are_not_followed(tmp_path: Path, make_checkpoint: Maker) -> None:
    outside = make_checkpoint(tmp_path / "outside", seed=7)
    (make_checkpoint(tmp_path / "root" / "a") / RAW_WEIGHTS).symlink_to(outside / WEIGHTS)
    catalog = Catalog(tmp_path / "root")
    (entry,) = catalog.entries()
    assert (entry.problem, entry.raw) == (None, None)
    assert "a link to outside" in str(entry.raw_problem)
    assert entry.raw_problem.why == "link"
    assert catalog.find(sha256(outside)) is None


def test_the_same_weights_twice_are_one_kind(tmp_path: Path, make_checkpoint: Maker) -> None:
    folder = make_checkpoint(tmp_path / "a")
    shutil.copy(folder / WEIGHTS, folder / RAW_WEIGHTS)
    (entry,) = Catalog(tmp_path).entries()
    assert (entry.raw, entry.raw_problem, entry.weights) == (None, None, None)


def test_what_has_been_damaged_since_it_was_listed_has_its_reason(tmp_path: Path, make_twin: Twin) -> None:
    average, raw = make_twin(tmp_path / "root" / "a")
    catalog = Catalog(tmp_path / "root")
    catalog.entries()
    assert catalog.problem(average) is None
    path = tmp_path / "root" / "a" / RAW_WEIGHTS
    path.write_bytes(path.read_bytes()[:200])
    assert catalog.find(raw) is None
    assert f"a/{RAW_WEIGHTS} is damaged" in str(catalog.problem(raw[:8]))
    assert catalog.problem(average) is None
    truncate(tmp_path / "root" / "a")
    assert f"a/{WEIGHTS} is damaged" in str(catalog.problem(average))
    assert catalog.problem("0" * 64) is None
    shutil.rmtree(tmp_path / "root" / "a")
    assert catalog.problem(average) is None
