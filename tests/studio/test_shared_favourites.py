from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import favourites
from studio.clients import Client, serving
from studio.favourites import (
    Favourite,
    FavouriteError,
    Wall,
    checked,
    former_of,
    from_file,
    owner_of,
    places_from_file,
    state_folder,
    to_file,
)
from training.core.clean_text import clean_text

ANNE, BEN = "a" * 32, "b" * 32
ONE = "1" * 64


def starred(seed: int, *, psi: float = 1.0, note: str = "", added: float = 10.0) -> Favourite:
    return Favourite(ONE, seed, psi, note, "mine", added)


def seeds(wall: Wall, secret: str = ANNE) -> list[int]:
    return [row["seed"] for row in wall.rows(secret)]


def test_what_is_shared_is_there_after_a_restart(tmp_path: Path) -> None:
    Wall(tmp_path / "state").share(ANNE, [starred(1, note="よい"), starred(2, psi=0.7, added=20)])
    assert Wall(tmp_path / "state").rows(BEN) == [
        {"sha256": ONE, "seed": 2, "psi": 0.7, "note": "", "name": "mine", "added": 20.0, "stars": 1, "own": False},
        {"sha256": ONE, "seed": 1, "psi": 1.0, "note": "よい", "name": "mine", "added": 10.0, "stars": 1, "own": False},
    ]


def test_a_tile_leaves_with_its_last_star_and_nobody_takes_anothers(tmp_path: Path) -> None:
    wall = Wall(tmp_path)
    wall.share(ANNE, [starred(1, note="Anne's"), starred(2)])
    wall.share(BEN, [starred(1, note="Ben's")])
    assert [(row["seed"], row["stars"], row["note"]) for row in wall.rows(BEN)] == [(1, 2, "Anne's"), (2, 1, "")]
    wall.share(BEN, [])
    assert [(row["seed"], row["stars"], row["own"]) for row in wall.rows(BEN)] == [(1, 1, False), (2, 1, False)]
    wall.share(ANNE, [starred(2)])
    assert seeds(wall) == [2]


def stars(wall: Wall, secret: str) -> list[tuple[int, bool]]:
    return [(row["stars"], row["own"]) for row in wall.rows(secret)]


def test_a_file_brings_the_stars_of_another_address_once_and_they_can_be_taken_back(tmp_path: Path) -> None:
    Wall(tmp_path).share(ANNE, [starred(1, note="Anne's"), starred(2)], "https://old")
    moved = Wall(tmp_path)
    came = {starred(seed).tile: [owner_of(ANNE)] for seed in (1, 2)}
    for _ in range(2):
        moved.share(BEN, [starred(1, note="mine"), starred(2)], "https://new", came)
        assert stars(moved, BEN) == [(1, True), (1, True)]
    moved.share(BEN, [starred(2)], "https://new", came)
    assert seeds(moved) == [2]


@pytest.mark.parametrize("address", ["https://here", "https://other", ""])
def test_a_file_takes_no_star_of_a_browser_that_can_come_back(tmp_path: Path, address: str) -> None:
    Wall(tmp_path).share(ANNE, [starred(1)], "https://here")
    wall = Wall(tmp_path)
    if address == "https://other":
        wall.share(ANNE, [starred(1)], "https://here")
    for wanted in ([starred(1)], []):
        wall.share(BEN, wanted, address, {starred(1).tile: [owner_of(ANNE)]})
    assert stars(wall, ANNE) == [(1, True)]


def test_whose_star_was_taken_has_it_again_by_coming_back(tmp_path: Path) -> None:
    Wall(tmp_path).share(ANNE, [starred(1)], "https://here")
    wall = Wall(tmp_path)
    wall.share(BEN, [starred(1)], "https://other", {starred(1).tile: [owner_of(ANNE)]})
    wall.share(ANNE, [starred(1)], "https://here")
    wall.share(BEN, [], "https://other")
    assert stars(wall, ANNE) == [(1, True)]


@pytest.mark.parametrize("former", [None, "x", [1, None, "A" * 16, "a" * 17], [["a" * 16]]])
def test_what_names_no_former_owner_is_left_out(former: Any) -> None:
    assert former_of({"former": former}) == ()
    assert former_of({"former": [owner_of(ANNE), former]}) == (owner_of(ANNE),)


def test_truncated_tiles_are_other_tiles(tmp_path: Path) -> None:
    wall = Wall(tmp_path)
    wall.share(ANNE, [starred(1), starred(1, psi=0.5)])
    assert len(wall.rows(ANNE)) == 2


def test_the_wall_keeps_the_newest_and_no_time_of_the_future(tmp_path: Path) -> None:
    wall = Wall(tmp_path, clock=lambda: 1000.0)
    wall.share(ANNE, [starred(seed, added=float(seed)) for seed in range(150)])
    wall.share(BEN, [starred(1000 + seed, added=1e9) for seed in range(100)])
    assert len(wall.rows(ANNE)) == favourites.MOST
    assert set(seeds(wall)) == {*range(50, 150), *range(1000, 1100)}
    assert max(row["added"] for row in wall.rows(ANNE)) == 1000.0


def test_the_file_holds_no_secret(tmp_path: Path) -> None:
    Wall(tmp_path).share(ANNE, [starred(1)])
    text = (tmp_path / favourites.FILE).read_text(encoding="utf-8")
    assert ANNE not in text
    assert owner_of(ANNE) in text


def test_two_studios_on_one_folder_see_each_other(tmp_path: Path) -> None:
    first, second = Wall(tmp_path), Wall(tmp_path)
    first.share(ANNE, [starred(1)])
    second.share(BEN, [starred(2)])
    assert sorted(seeds(first)) == sorted(seeds(second)) == [1, 2]


def test_nothing_is_written_where_nothing_changes(tmp_path: Path) -> None:
    wall = Wall(tmp_path)
    wall.share(ANNE, [starred(1)])
    before = (tmp_path / favourites.FILE).stat().st_mtime_ns
    wall.share(ANNE, [starred(1)])
    assert (tmp_path / favourites.FILE).stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"format": 9}', b'{"format": 1, "favourites": [{}]}', b"\xff"])
def test_a_damaged_file_is_set_aside_and_the_wall_begins_anew(tmp_path: Path, damage: bytes) -> None:
    file = tmp_path / favourites.FILE
    file.write_bytes(damage)
    wall = Wall(tmp_path)
    assert wall.rows(ANNE) == []
    wall.share(ANNE, [starred(1)])
    assert [one.seed for one in from_file(file.read_bytes())] == [1]
    assert (tmp_path / "favourites.damaged.json").read_bytes() == damage


def test_a_folder_that_cannot_be_written_leaves_the_wall_in_memory(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    wall = Wall(tmp_path / "state")
    with pytest.raises(OSError, match="state"):
        wall.share(ANNE, [starred(1)])
    assert seeds(wall) == [1]


def test_many_visitors_at_once_lose_nothing(tmp_path: Path) -> None:
    wall = Wall(tmp_path)
    threads = [threading.Thread(target=wall.share, args=(f"{n:032d}", [starred(n)])) for n in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seeds(Wall(tmp_path))) == list(range(30))
    assert [path.name for path in tmp_path.iterdir()] == [favourites.FILE]


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
    assert from_file(to_file([one])) == [one]


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_every_note_survives_the_file_cleaned(note: str) -> None:
    one = checked({**GOOD, "note": note})
    assert one.note == clean_text(note, favourites.TEXT_LENGTH)
    assert from_file(to_file([one])) == [one]


def test_a_file_with_text_that_cannot_be_encoded_or_turns_direction_is_read_cleaned(tmp_path: Path) -> None:
    rows = [{**GOOD, "note": "half \ud800", "name": "\u202egnp.elit", "owners": [owner_of(ANNE), "\ud800", 7]}]
    content = {"format": 1, "favourites": rows, "places": {"\ud800": "x", owner_of(ANNE): owner_of("http://here")}}
    (tmp_path / favourites.FILE).write_text(json.dumps(content), encoding="utf-8")
    (row,) = Wall(tmp_path).rows(ANNE)
    assert (row["note"], row["name"], row["stars"], row["own"]) == ("half", "gnp.elit", 1, True)
    json.dumps(row, ensure_ascii=False).encode("utf-8")
    assert places_from_file(json.dumps(content).encode()) == {owner_of(ANNE): owner_of("http://here")}


def test_a_file_beyond_the_limit_is_refused() -> None:
    rows = json.dumps({"format": 1, "favourites": [], "filling": "x" * favourites.MAX_BYTES})
    with pytest.raises(FavouriteError):
        from_file(rows.encode())


def test_the_folder_is_the_one_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "drive"))
    assert state_folder() == tmp_path / "drive"
    monkeypatch.delenv("GAN_RACE_STATE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "gan-race-studio"


def rows_of(wall: Wall, seeds_from: int) -> int:
    return sum(row["seed"] // 1000 == seeds_from // 1000 for row in wall.rows(ANNE))


def share_from(wall: Wall, source: str, secret: str, first: int, count: int, added: float) -> None:
    with serving(Client(source)):
        wall.share(secret, [starred(first + number, added=added + number) for number in range(count)])


def test_one_request_cannot_fill_the_list(tmp_path: Path) -> None:
    wall = Wall(tmp_path, clock=lambda: 10**9)
    share_from(wall, "flood", ANNE, 0, favourites.MOST_OF_ONE, 1000.0)
    assert seeds(wall) == list(range(299, 299 - favourites.MOST_OF_SOURCE, -1))


def test_a_source_that_has_most_pushes_out_its_own_tiles_whatever_secrets_it_uses(tmp_path: Path) -> None:
    wall = Wall(tmp_path, clock=lambda: 10**9)
    share_from(wall, "honest", BEN, 1000, 40, 10.0)
    for number in range(60):
        share_from(wall, "flood", f"{number:032x}", 2000 + 10 * number, 10, 5000.0 + 10 * number)
    assert rows_of(wall, 1000) == 40
    assert len(wall.rows(ANNE)) <= favourites.MOST
    for number in range(20):
        share_from(wall, f"visitor {number}", f"{number + 500:032x}", 3000 + 10 * number, 5, 20.0)
    assert rows_of(wall, 3000) == 100
    assert rows_of(wall, 1000) == 40
    assert len(wall.rows(ANNE)) == favourites.MOST
    assert rows_of(Wall(tmp_path), 3000) == 100
