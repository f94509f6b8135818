"""Attacks on a race and accidents: nothing is lost or counted twice, nothing leads from a ballot to a voter."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.checkpoints.catalog import Catalog
from studio.race.anonymous_pictures import KINDS
from studio.race.entry_admission import Application
from studio.race.messages import RaceError
from studio.race.one_time_codes import draw
from studio.race.service import RaceService
from studio.race.store import database
from studio.race.store.database import Database
from studio.race.store.race_folder import RaceFolder
from studio.race.tile_file import MAX_FILE_BYTES, export_png
from tests.clocks import Clock
from tests.pace import slowness
from tests.races import HOSTILE_TEXTS, Evening, enter, key
from training.core import checkpoint
from training.core.png_chunks import walk

PROJECT = Path(__file__).parents[3]


def outcome(action: Callable[[], str]) -> str:
    """Return what an action returns, or the code of what it was refused with."""
    try:
        return action()
    except RaceError as error:
        return error.code


def rows(evening: Evening, query: str) -> list[Any]:
    with closing(sqlite3.connect(evening.path / "race.sqlite")) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def crowd(opened: Evening) -> Evening:
    """Return a race with forty voters."""
    opened.organiser.replace_codes(40, opened.keep_codes)
    return opened


# many at once


def test_forty_ballots_at_once_with_forty_codes_are_forty(crowd: Evening) -> None:
    service, tiles = crowd.service, crowd.service.status()["tiles"]
    own = {one.code: service.paper(one.code, one.code).own for one in crowd.codes}

    def vote(code: str) -> str:
        ranks = [tile for tile in tiles if tile != own[code]][:3]
        return service.cast(code, code, 1, ranks, key())

    with ThreadPoolExecutor(40) as pool:
        receipts = list(pool.map(vote, own))
    assert len(set(receipts)) == 40
    assert all(map(service.receipt_is_in, receipts))
    assert service.status()["voted"] == 40


def test_forty_ballots_at_once_with_one_code_are_one(crowd: Evening) -> None:
    code = crowd.codes[-1].code
    services, tiles = [crowd.service, crowd.service], crowd.service.status()["tiles"]

    def vote(number: int) -> str:
        drawn = f"{number:022d}"
        return outcome(lambda: services[number % 2].cast(code, f"s{number}", 1, [tiles[number % 6]], drawn))

    with ThreadPoolExecutor(40) as pool:
        outcomes = list(pool.map(vote, range(40)))
    assert outcomes.count("code_used") == 39
    assert crowd.service.status()["voted"] == 1
    same = [tiles[0], tiles[1]]
    other, drawn = crowd.codes[-2].code, key()
    assert all(service.paper(other, "s") for service in services)
    with ThreadPoolExecutor(40) as pool:
        receipts = set(pool.map(lambda number: services[number % 2].cast(other, "s", 1, same, drawn), range(40)))
    assert len(receipts) == 1
    assert crowd.service.status()["voted"] == 2


@pytest.mark.perf
def test_what_forty_voters_at_once_wait(crowd: Evening, capsys: pytest.CaptureFixture[str]) -> None:
    service, waited = crowd.service, []

    def vote(code: str) -> None:
        paper = service.paper(code, code)
        ranks = [tile for tile in paper.tiles if tile != paper.own][:3]
        began = time.monotonic()
        service.cast(code, code, paper.round, ranks, key())
        waited.append(time.monotonic() - began)

    began = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(vote, [one.code for one in crowd.codes]))
    lasted, p95 = time.monotonic() - began, sorted(waited)[37]
    with capsys.disabled():
        print(f"\n40 ballots at once: {lasted:.2f} s in all, p95 of a ballot {p95:.3f} s")
    assert p95 < 5.0 * slowness()
    assert lasted < 60.0 * slowness()
    assert service.status()["voted"] == 40


# kills between write and reply


KILLED = '''
import json, os, signal, sqlite3, sys, time
from pathlib import Path

from studio.race.service import RaceService
from studio.race.store import database

folder, cases = Path(sys.argv[1]), json.loads(sys.stdin.read())
opened = database.connect


def dying_at(statement):
    """Open databases that kill this process before the given statement of all that follow."""
    left = [statement]

    def count(sql):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def connect(path):
        connection = opened(path)
        connection.set_trace_callback(count)
        return connection

    return connect


def child(case, pipe):
    service = RaceService(folder)
    service.paper(case["code"], "s")
    if case["statement"] is not None:
        database.connect = dying_at(case["statement"])
    os.write(pipe, b"begun ")
    receipt = service.cast(case["code"], "s", 1, case["ranks"], case["key"])
    if case["after"]:
        os.kill(os.getpid(), signal.SIGKILL)
    os.write(pipe, receipt.encode())
    os._exit(0)


def killed(case):
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        child(case, writing)
    os.close(writing)
    if case["seconds"] is not None:
        os.read(reading, 6)
        time.sleep(case["seconds"])
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    said = os.read(reading, 100)
    os.close(reading)
    return {"killed": os.WIFSIGNALED(status), "reply": said.decode().replace("begun ", "")}


print(json.dumps([killed(case) for case in cases]))
'''


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")
def test_a_kill_at_any_moment_loses_no_ballot_and_counts_none_twice(crowd: Evening) -> None:
    tiles = crowd.service.status()["tiles"]
    voters = [one.code for one in crowd.codes if one.entry is None]
    moments = [{"statement": number, "after": False, "seconds": None} for number in range(20)]
    moments += [{"statement": None, "after": True, "seconds": None}]
    moments += [{"statement": None, "after": False, "seconds": 0.002 * number} for number in range(10)]
    cases = [
        {"code": code, "ranks": [tiles[index % 6]], "key": key(), **moment}
        for index, (code, moment) in enumerate(zip(voters, moments, strict=False))
    ]
    assert len(cases) == 31
    command = [sys.executable, "-c", KILLED, str(crowd.path)]
    done = subprocess.run(
        command, input=json.dumps(cases), cwd=PROJECT, capture_output=True, text=True, check=True, timeout=200
    )
    replies = json.loads(done.stdout)
    killed = [one["killed"] for one in replies]
    assert killed[20]
    assert sum(killed[:20]) >= 10
    service = crowd.service
    in_before = service.status()["voted"]
    assert 1 <= in_before < 31
    for case, reply in zip(cases, replies, strict=True):
        receipt = service.cast(case["code"], "s", 1, case["ranks"], case["key"])
        assert reply["reply"] in ("", receipt)
        assert service.receipt_is_in(receipt)
    assert service.status()["voted"] == 31
    assert rows(crowd, "SELECT count(*) FROM used") == rows(crowd, "SELECT count(*) FROM ballots") == [(31,)]
    assert rows(crowd, "PRAGMA integrity_check") == [("ok",)]


# drives that go away


@contextmanager
def away(path: Path, *, empty: bool) -> Iterator[None]:
    """Let a folder be absent, or an empty one in its place, as where a drive is not mounted."""
    hidden = path.with_name("hidden")
    path.rename(hidden)
    if empty:
        path.mkdir()
    yield
    if empty:
        assert list(path.iterdir()) == []  # nothing was written where the drive should be
        path.rmdir()
    hidden.rename(path)


@pytest.mark.parametrize("empty", [False, True])
def test_a_ballot_waits_for_a_drive_that_comes_back(empty: bool, opened: Evening) -> None:
    service = RaceService(opened.path, patience=30.0)
    code, tiles = opened.codes[-1].code, service.status()["tiles"]
    service.paper(code, "s")
    with ThreadPoolExecutor(1) as pool:
        with away(opened.path, empty=empty):
            waiting = pool.submit(service.cast, code, "s", 1, tiles[:3], key())
            time.sleep(0.4)
            assert not waiting.done()
        assert service.receipt_is_in(waiting.result(30))
    assert service.status()["voted"] == 1


@pytest.mark.parametrize("empty", [False, True])
def test_a_drive_that_stays_away_is_told_and_nothing_is_lost(empty: bool, opened: Evening) -> None:
    service = RaceService(opened.path, patience=0.2)
    code, tiles, drawn = opened.codes[-1].code, service.status()["tiles"], key()
    service.paper(code, "s")
    with away(opened.path, empty=empty):
        for ask in (
            service.status,
            lambda: service.cast(code, "s", 1, tiles[:3], drawn),
            lambda: service.paper(code, "s"),
            lambda: service.exhibition("x"),
            lambda: service.picture(tiles[0], "tile"),
        ):
            with pytest.raises(RaceError) as caught:
                ask()
            assert caught.value.code == "store_away"
    assert service.cast(code, "s", 1, tiles[:3], drawn)
    assert service.status()["voted"] == 1


class _Failing:
    """A connection whose drive fails at a statement for the first few times; a commit is done all the same."""

    def __init__(self, connection: sqlite3.Connection, statement: str, number: int, left: list[int]) -> None:
        self._connection, self._statement, self._number, self._left = connection, statement, number, left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *arguments: Any) -> Any:
        if not sql.startswith(self._statement) or not self._left[0]:
            return self._connection.execute(sql, *arguments)
        self._left[0] -= 1
        if sql == "COMMIT":
            self._connection.execute(sql)
        raise drive_error(self._number)


def drive_error(number: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = number
    return error


def failing(monkeypatch: pytest.MonkeyPatch, statement: str, number: int, times: int) -> None:
    left, connect = [times], database.connect
    monkeypatch.setattr(database, "connect", lambda path: _Failing(connect(path), statement, number, left))


@pytest.mark.parametrize("statement", ["BEGIN", "SELECT", "DELETE", "COMMIT"])
def test_a_drive_that_fails_once_in_a_transaction_is_asked_again_and_counts_once(
    statement: str, opened: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    service, code = RaceService(opened.path), opened.codes[-1].code
    tiles = service.paper(code, "s").tiles
    failing(monkeypatch, statement, sqlite3.SQLITE_IOERR_FSYNC, times=1)
    assert service.receipt_is_in(service.cast(code, "s", 1, list(tiles[:3]), key()))
    assert service.status()["voted"] == 1


def test_a_full_disk_is_told_at_once_and_the_code_stays_good(opened: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    service, code = RaceService(opened.path), opened.codes[-1].code
    tiles = service.paper(code, "s").tiles
    with monkeypatch.context() as patch:
        failing(patch, "DELETE", sqlite3.SQLITE_FULL, times=99)
        assert outcome(lambda: service.cast(code, "s", 1, list(tiles[:3]), key())) == "store_full"
    assert service.status()["voted"] == 0
    assert service.cast(code, "s", 1, list(tiles[:3]), key())


def test_another_process_that_holds_the_file_for_a_while_is_waited_for(opened: Evening) -> None:
    service, code = opened.service, opened.codes[-1].code
    tiles = service.paper(code, "s").tiles
    with closing(sqlite3.connect(opened.path / "race.sqlite", isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = threading.Timer(0.4, other.execute, ["ROLLBACK"])
        timer.start()
        assert service.cast(code, "s", 1, list(tiles[:3]), key())
        timer.join()


def test_a_database_that_is_away_is_tried_with_growing_pauses_until_the_patience_ends(tmp_path: Path) -> None:
    clock, pauses = Clock(0.0), []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock.now += seconds

    with pytest.raises(RaceError, match="cannot be reached at the moment"):
        Database(tmp_path / "race.sqlite", sleep=sleep, clock=clock).read(lambda connection: None)
    assert pauses[:4] == [0.02, 0.04, 0.08, 0.16]
    assert max(pauses) == 1.0
    assert 75.0 <= sum(pauses) < 77.0


# what leads from a ballot to a voter


def ballots_in(evening: Evening, order: list[int], keys: list[str], folder: Path) -> bytes:
    """Let the same ballots come in another order, and return the database's bytes."""
    shutil.copytree(evening.path, folder)
    service = RaceService(folder)
    for index in order:
        code = evening.codes[index].code
        paper = service.paper(code, code)
        service.cast(code, code, 1, [tile for tile in paper.tiles if tile != paper.own][:3], keys[index])
    return (folder / "race.sqlite").read_bytes()


def test_the_order_of_the_votes_leaves_no_trace_in_the_file(opened: Evening, tmp_path: Path) -> None:
    keys = [key() for _ in opened.codes]
    forth = list(range(len(opened.codes)))
    files = [
        ballots_in(opened, order, keys, tmp_path / f"race {number}")
        for number, order in enumerate((forth, forth[::-1], forth[5:] + forth[:5]))
    ]
    assert files[0] == files[1] == files[2]


def test_no_table_numbers_its_rows_and_none_holds_a_time_of_a_vote(opened: Evening) -> None:
    for one in opened.codes:
        opened.vote(one.code)
    tables = rows(opened, "SELECT name, sql FROM sqlite_master WHERE type = 'table'")
    assert {name for name, _ in tables} == {"race", "entries", "refused", "codes", "used", "ballots", "events"}
    assert all(sql.endswith("WITHOUT ROWID") for _, sql in tables)
    assert rows(opened, "SELECT * FROM ballots ORDER BY 2") == rows(opened, "SELECT * FROM ballots")
    assert [event for (event,) in rows(opened, "SELECT event FROM events ORDER BY moment")] == ["close", "open"]
    columns = {name for table in ("used", "ballots") for (_, name, *_) in rows(opened, f"PRAGMA table_info({table})")}
    assert columns == {"round", "voter", "receipt", "ranks"}


def test_neither_codes_nor_keys_nor_the_secret_are_in_any_file_or_log(
    opened: Evening, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    service, drawn = opened.service, [key() for _ in opened.codes]
    for one, each in zip(opened.codes, drawn, strict=True):
        paper = service.paper(one.code, "session")
        service.cast(one.code, "session", 1, [tile for tile in paper.tiles if tile != paper.own][:1], each)
    outcome(lambda: str(service.paper("wrong", "session")))
    outcome(lambda: str(service.organiser("wrong", "session")))
    service.organiser(opened.secret, "session")
    secrets = [opened.secret, *drawn, *(one.code for one in opened.codes)]
    content = b"".join(path.read_bytes() for path in opened.path.rglob("*") if path.is_file())
    assert [one for one in secrets if one.encode() in content or one.lower().encode() in content] == []
    assert [one for one in ("session", "wrong") if one in caplog.text + "".join(capfd.readouterr())] == []
    assert [one for one in secrets if one in caplog.text] == []


# what leads from a picture to an entry


def test_pictures_have_no_chunk_name_or_hash_that_leads_to_an_entry(opened: Evening, entrants: Path) -> None:
    state, service = opened.organiser.folder.state(), opened.service
    exported = {path.read_bytes() for path in entrants.rglob("tile.png")}
    for tile, entry in state.mapping.items():
        found = checkpoint.load(entrants / str(entry["name"]) / "run")
        exported.add(export_png(found, entry["seed"]))
        data, kind = service.picture(tile, "exact")
        assert kind == "image/png"
        assert {chunk.name for chunk in walk(data)} == {"IHDR", "IDAT", "IEND"}
        assert data not in exported
        original = np.asarray(Image.open(entrants / str(entry["name"]) / "tile.png"))
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), original)
        for name in KINDS.keys() - {"exact"}:
            image = Image.open(io.BytesIO(service.picture(tile, name)[0]))
            assert (image.format, image.getexif(), image.info.get("comment")) == ("JPEG", {}, None)
    names = sorted(path.name for path in (opened.path / "tiles").iterdir())
    assert names == sorted(f"{tile}-{kind}" for tile in state.mapping for kind in KINDS)


def test_a_new_opening_gives_other_codes_and_says_nothing_of_names(entered: Evening) -> None:
    entered.open(6)
    status, orders = entered.service.status(), entered.service.exhibition("viewer")
    names = [one.name for one in entered.organiser.overview().entries]
    papers = [entered.service.paper(one.code, "s") for one in entered.codes]
    said = json.dumps([status, orders, [paper.tiles for paper in papers]])
    hashes = [one.checkpoint_sha256[:8] for one in entered.organiser.overview().entries]
    assert [one for one in [*names, *hashes] if one in said] == []
    before = entered.organiser.folder.state().entry_ids
    entered.organiser.reopen()
    entered.open(None)
    assert entered.organiser.folder.state().entry_ids != before


@pytest.mark.parametrize(
    ("tile", "kind"),
    [
        ("../race.sqlite", "tile"),
        ("A2", "../../race.sqlite"),
        ("A2", "tile/../exact"),
        ("a2", "tile"),
        ("A2\n", "tile"),
        (None, "tile"),
        (["A2"], "tile"),
        ("A2", ["tile"]),
        ("A2", None),
        ("B9", "tile"),
    ],
)
def test_a_picture_that_is_none_is_refused_whatever_is_asked(tile: object, kind: object, opened: Evening) -> None:
    with pytest.raises(RaceError) as caught:
        opened.service.picture(tile, kind)
    assert caught.value.code == "picture_unknown"


# texts


def test_sql_and_html_in_any_text_are_only_text(entered: Evening, entrants: Path) -> None:
    service = RaceService(entered.path, Catalog(entrants))
    found = checkpoint.load(entrants / "Anna" / "run")
    for number, text in enumerate(HOSTILE_TEXTS):
        application = Application(name=text, tile=export_png(found, 500 + number), about=text, owner=text)
        entry = service.enter(application)
        assert (entry.name, entry.about) == (text, text)
        with pytest.raises(RaceError, match="Somebody else has entered"):
            service.enter(replace(application, owner="other"))
    entered.open(20)
    assert {one["name"] for one in entered.organiser.folder.state().mapping.values()} >= {*HOSTILE_TEXTS, "Anna"}
    service, tiles, code = entered.service, entered.service.status()["tiles"], entered.codes[-1].code
    for text in HOSTILE_TEXTS:
        assert outcome(lambda text=text: str(service.paper(text, text))) == "code_unknown"
        assert outcome(lambda text=text: service.cast(code, text, 1, [text[:8]], key())) == "ballot_tile_unknown"
        assert outcome(lambda text=text: service.cast(code, text, 1, tiles[:1], text)) == "malformed"
        assert outcome(lambda text=text: str(service.organiser(text, text))) == "secret_wrong"
        assert not service.receipt_is_in(text)
    assert (service.status()["entries"], service.status()["voted"]) == (12, 0)


def test_oversized_bodies_are_refused_at_once(entered: Evening, entrants: Path) -> None:
    service, long = RaceService(entered.path, Catalog(entrants)), "x" * 10_000_000
    for tile in (bytes(MAX_FILE_BYTES + 1), b"\x89PNG\r\n\x1a\n" + bytes(MAX_FILE_BYTES), b""):
        with pytest.raises(RaceError) as caught:
            service.enter(Application(name="x", tile=tile, owner="a"))
        assert caught.value.code == "entry_not_verified"
    entered.open(6)
    began = time.monotonic()
    assert outcome(lambda: str(service.paper(long, "s"))) == "code_unknown"
    assert outcome(lambda: service.cast(draw(), "s", 1, [long], key())) == "malformed"
    assert outcome(lambda: service.cast(draw(), "s", 1, ["A2"] * 1_000_000, key())) == "malformed"
    assert outcome(lambda: service.cast(draw(), "s", 1, ["A2"], long)) == "malformed"
    assert outcome(lambda: str(service.organiser(long, "s"))) == "secret_wrong"
    assert not service.receipt_is_in(long)
    assert time.monotonic() - began < 5.0 * slowness()


def test_no_answer_to_a_voter_or_spectator_names_an_entry(opened: Evening) -> None:
    """Every refusal of the voters' half names tiles and numbers only."""
    state = opened.organiser.folder.state()
    names = [str(entry["name"]) for entry in state.mapping.values()]
    code, tiles = opened.codes[0].code, opened.service.status()["tiles"]
    own = opened.service.paper(code, "s").own
    for ranks in ([own], ["A0"], tiles[:4], [tiles[0]] * 2, []):
        with pytest.raises(RaceError) as caught:
            opened.service.cast(code, "s", 1, ranks, key())
        said = caught.value.sentence("en") + caught.value.sentence("ja") + json.dumps(caught.value.to_dict())
        assert [name for name in names if name in said] == []


def test_mails_cannot_reach_out_of_the_folder_of_the_race(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    (tmp_path / "mails" / "Anna" / "entry.toml").write_text(
        'name = "../../evil"\ncheckpoint = "../../../etc"\nseed = 10\n'
    )
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(evening.path)}
    enter(evening, tmp_path / "mails")
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(evening.path)} == before
    assert RaceFolder(evening.path).state().phase == "SUBMIT"
