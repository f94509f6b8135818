from __future__ import annotations

import json
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import favourites, favourites_file
from studio.clients import Client, serving
from studio.favourite import MAX_BYTES, MOST, TEXT_LENGTH, Favourite, FavouriteError, checked, from_json, owner_of
from studio.favourites import EARLIER_FILE, FILE, SharedFavourites, state_folder
from studio.favourites_file import FavouritesFile
from training.core.clean_text import clean_text

ANNE, BEN = "a" * 32, "b" * 32
ONE = "1" * 64


def starred(seed: int, *, psi: float = 1.0, note: str = "", added: float = 10.0) -> Favourite:
    return Favourite(ONE, seed, psi, note, "mine", added)


def seeds(shared: SharedFavourites, secret: str = ANNE) -> list[int]:
    return [row["seed"] for row in shared.rows(secret)]


def test_what_is_shared_is_there_after_a_restart(tmp_path: Path) -> None:
    SharedFavourites(tmp_path / "state").share(ANNE, [starred(1, note="よい"), starred(2, psi=0.7, added=20)])
    assert SharedFavourites(tmp_path / "state").rows(BEN) == [
        {"sha256": ONE, "seed": 2, "psi": 0.7, "note": "", "name": "mine", "added": 20.0, "stars": 1, "own": False},
        {"sha256": ONE, "seed": 1, "psi": 1.0, "note": "よい", "name": "mine", "added": 10.0, "stars": 1, "own": False},
    ]


def test_a_tile_leaves_with_its_last_star_and_nobody_takes_anothers(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path)
    shared.share(ANNE, [starred(1, note="Anne's"), starred(2)])
    shared.share(BEN, [starred(1, note="Ben's")])
    assert [(row["seed"], row["stars"], row["note"]) for row in shared.rows(BEN)] == [(1, 2, "Anne's"), (2, 1, "")]
    shared.share(BEN, [])
    assert [(row["seed"], row["stars"], row["own"]) for row in shared.rows(BEN)] == [(1, 1, False), (2, 1, False)]
    shared.share(ANNE, [starred(2)])
    assert seeds(shared) == [2]


def test_truncated_tiles_are_other_tiles(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path)
    shared.share(ANNE, [starred(1), starred(1, psi=0.5)])
    assert len(shared.rows(ANNE)) == 2


def test_the_shared_favourites_are_the_newest_and_no_time_of_the_future(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path, clock=lambda: 1000.0)
    shared.share(ANNE, [starred(seed, added=float(seed)) for seed in range(150)])
    shared.share(BEN, [starred(1000 + seed, added=1e9) for seed in range(100)])
    assert len(shared.rows(ANNE)) == MOST
    assert set(seeds(shared)) == {*range(50, 150), *range(1000, 1100)}
    assert max(row["added"] for row in shared.rows(ANNE)) == 1000.0


def test_the_file_holds_no_secret_and_is_nobody_elses(tmp_path: Path) -> None:
    SharedFavourites(tmp_path).share(ANNE, [starred(1)])
    content = (tmp_path / FILE).read_bytes()
    assert ANNE.encode() not in content
    assert owner_of(ANNE).encode() in content
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_two_studios_on_one_folder_see_each_other(tmp_path: Path) -> None:
    first, second = SharedFavourites(tmp_path), SharedFavourites(tmp_path)
    first.share(ANNE, [starred(1)])
    second.share(BEN, [starred(2)])
    assert sorted(seeds(first)) == sorted(seeds(second)) == [1, 2]


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path)
    shared.share(ANNE, [starred(1)])
    before = (tmp_path / FILE).stat().st_mtime_ns
    shared.share(ANNE, [starred(1)])
    assert (tmp_path / FILE).stat().st_mtime_ns == before


def test_a_folder_that_cannot_be_written_leaves_them_in_memory(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    shared = SharedFavourites(tmp_path / "state")
    with pytest.raises(OSError, match="state"):
        shared.share(ANNE, [starred(1)])
    assert seeds(shared) == [1]


def test_many_visitors_at_once_lose_nothing(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path)
    threads = [threading.Thread(target=shared.share, args=(f"{n:032d}", [starred(n)])) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seeds(SharedFavourites(tmp_path))) == list(range(30))
    assert {path.name for path in tmp_path.iterdir()} <= {FILE, f"{FILE}-journal"}


GOOD = {"sha256": ONE, "seed": 3, "psi": 0.5, "note": "n", "name": "m", "added": 1}


def test_a_good_row_is_taken_as_it_is() -> None:
    assert checked(GOOD) == Favourite(ONE, 3, 0.5, "n", "m", 1.0)
    assert checked({"sha256": ONE, "seed": 0}) == Favourite(ONE, 0)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"sha256": "1" * 63}, "SHA-256"),
        ({"sha256": "../" + "1" * 61}, "SHA-256"),
        ({"seed": -1}, "-1"),
        ({"seed": 2**32}, "4294967296"),
        ({"seed": True}, "True"),
        ({"psi": 1.01}, "1.01"),
        ({"psi": float("nan")}, "nan"),
        ({"added": 10**400}, "time"),
        ({"note": "n" * 81}, "note"),
        ({"name": ["m"]}, "name"),
    ],
)
def test_a_bad_row_is_refused_and_its_value_named(change: dict[str, Any], named: str) -> None:
    with pytest.raises(FavouriteError, match=named):
        checked({**GOOD, **change})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "other"]), inner),
    max_leaves=8,
)


@given(JSON)
def test_whatever_is_sent_is_a_favourite_or_refused(row: Any) -> None:
    try:
        one = checked(row)
    except FavouriteError:
        return
    assert through_a_file(one) == one


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_every_note_survives_the_file_cleaned(note: str) -> None:
    one = checked({**GOOD, "note": note})
    assert one.note == clean_text(note, TEXT_LENGTH)
    assert through_a_file(one) == one


def through_a_file(one: Favourite) -> Favourite:
    with tempfile.TemporaryDirectory() as folder:
        file = FavouritesFile(Path(folder) / FILE)
        file.change(lambda _: {one.tile: one}, dict)
        (found,) = file.change(lambda tiles: tiles, dict).values()
    return found


def earlier_file(folder: Path, *rows: dict[str, Any], **more: Any) -> Path:
    file = folder / EARLIER_FILE
    file.write_text(json.dumps({"format": 1, "favourites": rows, **more}), encoding="utf-8")
    return file


def test_the_file_of_an_earlier_version_is_taken_over_once_and_left_as_it_was(tmp_path: Path) -> None:
    owners = [owner_of(ANNE), owner_of(BEN)]
    file = earlier_file(tmp_path, {**GOOD, "owners": owners}, places={owner_of(ANNE): "0" * 16})
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    (row,) = SharedFavourites(tmp_path).rows(ANNE)
    assert (row["seed"], row["psi"], row["note"], row["stars"], row["own"]) == (3, 0.5, "n", 2, True)
    SharedFavourites(tmp_path).share(ANNE, [])
    SharedFavourites(tmp_path).share(BEN, [])
    assert SharedFavourites(tmp_path).rows(ANNE) == []
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_an_earlier_file_with_text_that_cannot_be_encoded_or_turns_direction_is_read_cleaned(tmp_path: Path) -> None:
    row = {**GOOD, "note": "half \ud800", "name": "\u202egnp.elit", "owners": [owner_of(ANNE), "\ud800", 7]}
    earlier_file(tmp_path, row)
    (shown,) = SharedFavourites(tmp_path).rows(ANNE)
    assert (shown["note"], shown["name"], shown["stars"], shown["own"]) == ("half", "gnp.elit", 1, True)
    json.dumps(shown, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 9}', b'{"format": 1, "favourites": [{}]}', b"\xff"])
def test_an_earlier_file_that_cannot_be_read_is_left_and_the_favourites_begin_anew(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / EARLIER_FILE).write_bytes(damage)
    shared = SharedFavourites(tmp_path)
    assert shared.rows(ANNE) == []
    assert "cannot be taken over" in caplog.text
    shared.share(ANNE, [starred(1)])
    assert seeds(SharedFavourites(tmp_path)) == [1]
    assert (tmp_path / EARLIER_FILE).read_bytes() == damage


def test_an_earlier_file_beyond_the_limit_is_refused() -> None:
    content = json.dumps({"format": 1, "favourites": [], "filling": "x" * MAX_BYTES})
    with pytest.raises(FavouriteError):
        from_json(content.encode())


@pytest.mark.parametrize("damage", [b"x" * 5000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside_and_what_is_in_memory_is_written_anew(tmp_path: Path, damage: bytes) -> None:
    shared = SharedFavourites(tmp_path)
    shared.share(ANNE, [starred(1)])
    (tmp_path / FILE).write_bytes(damage)
    shared.share(BEN, [starred(2)])
    assert sorted(seeds(SharedFavourites(tmp_path))) == [1, 2]
    assert (tmp_path / "favourites.damaged.sqlite").read_bytes() == damage


def test_a_file_of_a_later_version_is_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA user_version = 2")
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(OSError, match=r"cannot be written: another version .* in format 2 and not 1\.$"):
        SharedFavourites(tmp_path).share(ANNE, [starred(1)])
    assert (tmp_path / FILE).read_bytes() == before


def test_a_row_that_was_changed_to_no_favourite_is_left_out(tmp_path: Path) -> None:
    SharedFavourites(tmp_path).share(ANNE, [starred(1), starred(2)])
    with closing(sqlite3.connect(tmp_path / FILE)) as connection, connection:
        connection.execute("UPDATE favourites SET note = ? WHERE seed = 1", ("n" * 81,))
    assert seeds(SharedFavourites(tmp_path)) == [2]


@pytest.fixture
def now() -> list[float]:
    return [1000.0]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a file as another program does that is writing it."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_while_the_file_is_locked_all_is_shown_and_it_is_written_later(
    tmp_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favourites_file, "BUSY_SECONDS", 0.01)
    shared = SharedFavourites(tmp_path, clock=lambda: now[0], patience=0.05)
    shared.share(ANNE, [starred(1)])
    with locked(tmp_path / FILE):
        with pytest.raises(OSError, match=r"^The favourites in \S+favourites\.sqlite cannot be written: .*locked\.$"):
            shared.share(BEN, [starred(1), starred(2)])
        assert [(row["seed"], row["stars"]) for row in shared.rows(BEN)] == [(1, 2), (2, 1)]
    with pytest.raises(OSError, match="locked"):
        shared.share("c" * 32, [starred(3)])
    now[0] += favourites.RETRY_SECONDS
    shared.share("d" * 32, [starred(4)])
    assert sorted(seeds(SharedFavourites(tmp_path))) == [1, 2, 3, 4]


def test_a_file_that_is_locked_for_a_moment_only_is_waited_for(tmp_path: Path) -> None:
    SharedFavourites(tmp_path).share(ANNE, [starred(1)])
    holds = locked(tmp_path / FILE)
    holds.__enter__()
    tries: list[int] = []

    def release(_: float) -> None:
        if not tries:
            holds.__exit__(None, None, None)
        tries.append(1)

    file = FavouritesFile(tmp_path / FILE, sleep=release)
    assert [one.seed for one in file.change(lambda tiles: tiles, dict).values()] == [1]
    assert tries == [1]


def test_a_drive_that_goes_and_comes_back_loses_nothing_and_is_not_made_up(tmp_path: Path, now: list[float]) -> None:
    drive, away = tmp_path / "drive", tmp_path / "away"
    shared = SharedFavourites(drive / "state", clock=lambda: now[0], patience=0.05)
    shared.share(ANNE, [starred(1)])
    drive.rename(away)
    with pytest.raises(OSError, match=r"cannot be written: No such file or directory\.$"):
        shared.share(BEN, [starred(2)])
    assert sorted(seeds(shared)) == [1, 2]
    assert not drive.exists()
    away.rename(drive)
    now[0] += favourites.RETRY_SECONDS
    shared.share(ANNE, [starred(1)])
    assert sorted(seeds(SharedFavourites(drive / "state"))) == [1, 2]


def test_a_file_that_has_vanished_from_its_folder_is_written_anew(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path)
    shared.share(ANNE, [starred(1)])
    (tmp_path / FILE).unlink()
    assert seeds(shared) == [1]
    shared.share(BEN, [starred(2)])
    assert sorted(seeds(SharedFavourites(tmp_path))) == [1, 2]


def test_only_so_many_browsers_wait_for_a_file_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    shared = SharedFavourites(tmp_path / "state", clock=lambda: 1000.0)
    for number in range(favourites.MOST_WAITING + 5):
        with pytest.raises(OSError, match="cannot be written"):
            shared.share(f"{number:032d}", [starred(number)])
    assert len(shared._waiting) == favourites.MOST_WAITING


def test_the_folder_is_the_one_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "drive"))
    assert state_folder() == tmp_path / "drive"
    monkeypatch.delenv("GAN_RACE_STATE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "gan-race-studio"


def rows_of(shared: SharedFavourites, seeds_from: int) -> int:
    return sum(row["seed"] // 1000 == seeds_from // 1000 for row in shared.rows(ANNE))


def share_from(shared: SharedFavourites, source: str, secret: str, first: int, count: int, added: float) -> None:
    """Share favourites as a session does, whose address is what stands before a slash in its name."""
    with serving(Client(source, source.partition("/")[0])):
        shared.share(secret, [starred(first + number, added=added + number) for number in range(count)])


def test_one_request_cannot_fill_the_list(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path, clock=lambda: 10**9)
    share_from(shared, "flood", ANNE, 0, favourites.MOST_OF_ONE, 1000.0)
    assert seeds(shared) == list(range(299, 299 - favourites.MOST_OF_SOURCE, -1))


def test_a_source_that_has_most_pushes_out_its_own_tiles_whatever_secrets_it_uses(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path, clock=lambda: 10**9)
    share_from(shared, "honest", BEN, 1000, 40, 10.0)
    for number in range(60):
        share_from(shared, "flood", f"{number:032x}", 2000 + 10 * number, 10, 5000.0 + 10 * number)
    assert rows_of(shared, 1000) == 40
    assert len(shared.rows(ANNE)) <= MOST
    for number in range(20):
        share_from(shared, f"visitor {number}", f"{number + 500:032x}", 3000 + 10 * number, 5, 20.0)
    assert rows_of(shared, 3000) == 100
    assert rows_of(shared, 1000) == 40
    assert len(shared.rows(ANNE)) == MOST
    assert rows_of(SharedFavourites(tmp_path), 3000) == 100


def test_an_address_with_many_sessions_pushes_out_its_own_tiles(tmp_path: Path) -> None:
    shared = SharedFavourites(tmp_path, clock=lambda: 10**9)
    share_from(shared, "honest", BEN, 1000, 90, 10.0)
    for number in range(60):
        share_from(shared, f"flood/{number}", f"{number:032x}", 2000 + 5 * number, 5, 5000.0 + 5 * number)
    assert rows_of(shared, 1000) == 90
    assert len(shared.rows(ANNE)) == MOST
