"""The order of jobs, on a clock that the tests turn: urgency, ageing, turns, shares, quotas, and those who leave."""

from __future__ import annotations

import pytest

from studio.clients import PROGRAM, Client
from studio.rendering import scheduler as limits
from studio.rendering.scheduler import (
    PATIENCE,
    SLOWEST,
    TILE_SECONDS,
    BusyError,
    Claim,
    Job,
    Priority,
    Scheduler,
    Visitor,
)

URGENT, COMPARE, SHEET, VIDEO = Priority.INTERACTIVE, Priority.COMPARE, Priority.SHEET, Priority.VIDEO


class Named(Job):
    name: str = ""


class Desk:
    """A scheduler on a clock of its own, whose jobs have names."""

    def __init__(self) -> None:
        self.now = 100.0
        self.scheduler: Scheduler[Named] = Scheduler(lambda: self.now)

    def ask(
        self, name: str, priority: Priority = SHEET, *, source: str = "", visitor: str = "", client: Client = PROGRAM
    ) -> Named:
        """Let a job wait, of a visitor that has the job's name unless it is given another."""
        job = Named()
        job.name = name
        claim = claim_of(visitor or name, source)
        self.scheduler.make_room(claim.visitor, priority, address=client.address)
        self.scheduler.claim(job, claim, priority, client)
        self.scheduler.add(job)
        self.now += 0.001
        return job

    def do(self, seconds: float = 1.0) -> str:
        """Do the next job and return its name."""
        job = self.scheduler.pick()
        self.take(job, seconds)
        self.scheduler.finish(job)
        return job.name

    def take(self, job: Named, seconds: float) -> None:
        self.now += seconds
        self.scheduler.charge(job, seconds)

    def do_all(self, seconds: float = 1.0) -> list[str]:
        names = []
        while len(self.scheduler):
            names.append(self.do(seconds))
        return names


def claim_of(visitor: str, source: str = "", lane: str = "lane") -> Claim:
    return Claim(Visitor(source, visitor), lane)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_more_urgent_comes_first_and_equals_in_their_order(desk: Desk) -> None:
    for priority in reversed(Priority):
        for number in (1, 2):
            desk.ask(f"{priority.name} {number}", priority)
    assert desk.do_all(0.1) == [f"{priority.name} {number}" for priority in Priority for number in (1, 2)]


@pytest.mark.parametrize("priority", [one for one in Priority if one not in (URGENT, Priority.PREFETCH)])
def test_whoever_has_waited_for_the_patience_of_its_class_is_as_urgent_as_anybody(
    desk: Desk, priority: Priority
) -> None:
    desk.ask("waits", priority)
    desk.now += PATIENCE[priority] - 1
    desk.ask("before", URGENT)
    desk.now += 2
    desk.ask("after", URGENT)
    assert desk.do_all() == ["before", "waits", "after"]


def test_where_a_tile_takes_twice_as_long_patience_and_turns_are_twice_as_long(desk: Desk) -> None:
    for seconds in (0.1, *[2 * TILE_SECONDS] * 9, 100.0):  # an odd one out changes nothing
        desk.scheduler.learn_pace(seconds)
    desk.ask("sheet", SHEET)
    desk.now += 1.9 * PATIENCE[SHEET]
    desk.ask("tile", URGENT)
    assert desk.do(0.1) == "tile"
    desk.now += 0.2 * PATIENCE[SHEET]
    desk.ask("next tile", URGENT)
    assert desk.do(0.1) == "sheet"


def test_patience_never_grows_beyond_that_of_the_slowest_machine(desk: Desk) -> None:
    desk.scheduler.learn_pace(1e6)
    desk.ask("sheet", SHEET)
    desk.now += SLOWEST * PATIENCE[SHEET] + 1
    desk.ask("tile", URGENT)
    assert desk.do_all(0.1) == ["sheet", "tile"]


def test_work_that_nobody_waits_for_does_not_age(desk: Desk) -> None:
    desk.ask("ahead", Priority.PREFETCH)
    desk.now += 1000
    desk.ask("now", URGENT)
    desk.ask("compare", COMPARE)
    assert desk.do_all() == ["now", "compare", "ahead"]


def test_under_a_load_of_urgent_work_that_never_ends_everything_else_is_done_in_time(desk: Desk) -> None:
    """Twenty visitors ask again as soon as they are answered: the machine is never idle, and always full."""
    waits = {"compare": COMPARE, "sheet": SHEET, "film": VIDEO}
    for number in range(20):
        desk.ask(f"urgent {number}", URGENT, source=f"{number}")
    for name, priority in waits.items():
        desk.ask(name, priority, source=name)
    began, done = desk.now, {}
    for _ in range(200):
        name = desk.do(1.0)
        done.setdefault(name, desk.now - began)
        if name.startswith("urgent"):
            desk.now += 1.1 * limits.PAUSE_SECONDS  # after which it is a turn of its own
            desk.ask(name, URGENT, source=name.split()[1])
    for name, priority in waits.items():
        assert done[name] < PATIENCE[priority] + 1.5 * 24


def test_visitors_take_turns_however_much_one_of_them_asks(desk: Desk) -> None:
    for number in range(10):
        desk.ask(f"greedy {number}", visitor="greedy")
    first = desk.do()
    for name in ("a", "b", "c"):
        desk.ask(name)
    names = desk.do_all()
    assert first == "greedy 0"
    assert set(names[:4]) == {"greedy 1", "a", "b", "c"}


def test_a_comparison_is_drawn_as_a_whole_and_then_others_have_their_turn(desk: Desk) -> None:
    for number in range(8):
        desk.ask(f"mine {number}", COMPARE, visitor="me")
    for number in range(3):
        desk.ask(f"yours {number}", COMPARE, visitor="you")
    names = desk.do_all(0.5)
    assert names[:6] == [f"mine {number}" for number in range(6)]
    assert names[6:9] == [f"yours {number}" for number in range(3)]


def test_short_pieces_of_one_visitor_are_one_turn_of_so_many_seconds(desk: Desk) -> None:
    """The frames of a film come one by one: if each waited for a turn, it would never be finished."""
    desk.ask("film", VIDEO)
    desk.ask("sheet", VIDEO, visitor="other")
    names = []
    for _ in range(12):
        names.append(desk.do(0.5))
        if names[-1] == "film":
            desk.ask("film", VIDEO)
    assert names == ["film"] * 8 + ["sheet"] + ["film"] * 3


def test_a_long_drawing_gives_way_between_its_steps_to_another_visitor_of_the_same_urgency(desk: Desk) -> None:
    desk.ask("heavy", URGENT)
    heavy = desk.scheduler.pick()
    desk.ask("honest", URGENT)
    desk.take(heavy, 1.5)
    assert not desk.scheduler.gives_way(heavy)
    desk.take(heavy, 1.0)
    assert desk.scheduler.gives_way(heavy)
    desk.scheduler.put_back(heavy)
    assert desk.do() == "honest"
    assert desk.do() == "heavy"


def test_a_drawing_of_ordinary_length_is_not_put_aside_for_its_equals(desk: Desk) -> None:
    desk.ask("first", SHEET)
    first = desk.scheduler.pick()
    desk.ask("second", SHEET)
    for _ in range(10):
        desk.take(first, 0.15)
        assert not desk.scheduler.gives_way(first)


def test_only_what_is_more_urgent_breaks_a_step_off_and_not_once_the_other_has_waited_long(desk: Desk) -> None:
    desk.ask("sheet", SHEET)
    sheet = desk.scheduler.pick()
    desk.ask("other", SHEET)
    assert not desk.scheduler.overtakes(sheet)
    desk.now += PATIENCE[SHEET] - 5
    desk.ask("soon", URGENT)
    assert desk.scheduler.overtakes(sheet)
    assert desk.do() == "soon"
    desk.now += 10
    desk.ask("late", URGENT)
    assert not desk.scheduler.overtakes(sheet)


def test_a_shared_job_is_as_urgent_as_whoever_needs_it_most_and_is_done_once(desk: Desk) -> None:
    job = desk.ask("shared", SHEET)
    desk.ask("compare", COMPARE)
    desk.scheduler.claim(job, claim_of("another"), URGENT, PROGRAM)
    assert desk.do_all() == ["shared", "compare"]
    assert job.visitors == {Visitor("", "shared"), Visitor("", "another")}


def test_a_source_that_had_a_third_of_the_work_gives_way_to_others_whatever_names_it_uses(desk: Desk) -> None:
    for number in range(10):
        desk.ask(f"flood {number}", source="flood", visitor=f"name {number}")
    assert [desk.do(2.0)[:5] for _ in range(4)] == ["flood"] * 4
    desk.now += 3
    desk.ask("honest", source="other")
    assert desk.do(2.0) == "honest"
    assert desk.do(2.0)[:5] == "flood"
    desk.now += 400  # which is forgotten by then
    desk.ask("honest", source="other")
    assert desk.do(2.0)[:5] == "flood"


def test_one_visitor_can_fill_neither_its_source_nor_the_line(desk: Desk) -> None:
    for number in range(limits.WAITING_OF_VISITOR):
        desk.ask(f"{number}", visitor="me")
    with pytest.raises(BusyError, match="64 pieces"):
        desk.ask("too many", visitor="me")
    desk.ask("yours", visitor="you")


def test_six_hundred_requests_under_made_up_names_shut_nobody_out(desk: Desk) -> None:
    desk.ask("known", source="address", visitor="known")
    desk.do()
    for number in range(600):
        desk.ask(f"flood {number}", source="address")
    assert len(desk.scheduler) == limits.WAITING_OF_SOURCE
    desk.ask("other session", source="session")
    desk.ask("known again", source="address", visitor="known")
    desk.ask("newcomer", source="address")
    assert len(desk.scheduler) == limits.WAITING_OF_SOURCE + 1
    names = [desk.do() for _ in range(4)]
    assert set(names[:3]) == {"known again", "other session", "newcomer"}


def test_where_all_is_full_the_source_with_most_jobs_makes_room(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAITING", 6)
    jobs = [desk.ask(f"{source} {number}", source=source) for source in ("a", "b") for number in range(3)]
    displaced = desk.scheduler.make_room(Visitor("c", "c"), SHEET)
    assert [job.name for job in displaced] == ["a 2"]
    desk.ask("c 0", source="c")
    with pytest.raises(BusyError):
        desk.ask("a 4", source="a")
    assert desk.scheduler.make_room(Visitor("d", "d"), URGENT) == []  # less urgent ones never stand in the way
    assert jobs[5] in list(desk.scheduler)


def test_what_nobody_waits_for_any_more_is_dropped_and_what_somebody_waits_for_stays(desk: Desk) -> None:
    left, other = Client("a"), Client("b")
    alone = desk.ask("alone", visitor="me", client=left)
    twice = desk.ask("twice", visitor="me", client=left)
    shared = desk.ask("shared", visitor="me", client=left)
    desk.scheduler.claim(twice, claim_of("me"), SHEET, other)  # the page was loaded again
    desk.scheduler.claim(shared, claim_of("you"), SHEET, other)
    assert desk.scheduler.leave(claim_of("me"), left) == [alone]
    assert desk.do_all() == ["twice", "shared"]


def test_a_claim_is_withdrawn_from_all_jobs_but_those_to_keep(desk: Desk) -> None:
    old, kept = desk.ask("old", visitor="me"), desk.ask("kept", visitor="me")
    desk.ask("other lane", visitor="you")
    assert desk.scheduler.withdraw(claim_of("me"), lambda job: job is kept) == [old]
    assert desk.do_all() == ["kept", "other lane"]


def test_an_address_with_many_sessions_gives_up_jobs_to_another_until_both_have_as_many(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING", 8)
    for number in range(8):
        desk.ask(f"flood {number}", source=f"session {number}", client=Client(f"session {number}", "192.0.2.1"))
    for number in range(4):
        desk.ask(f"other {number}", source="other", client=Client("other", "198.51.100.9"))
    waiting = [job.name for job in desk.scheduler]
    assert waiting == [*(f"flood {number}" for number in range(4)), *(f"other {number}" for number in range(4))]
    with pytest.raises(BusyError):
        desk.ask("other 4", source="other", client=Client("other", "198.51.100.9"))


def test_a_tile_that_two_sessions_of_an_address_share_does_not_hold_its_place_against_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WAITING", 4)
    for number in range(4):
        job = desk.ask(f"flood {number}", source="a", client=Client("a", "192.0.2.1"))
        desk.scheduler.claim(job, claim_of(f"again {number}", "b"), SHEET, Client("b", "192.0.2.1"))
    desk.ask("other", source="other", client=Client("other", "198.51.100.9"))
    assert [job.name for job in desk.scheduler] == ["flood 0", "flood 1", "flood 2", "other"]


def test_an_address_that_has_had_more_than_half_of_the_work_lets_others_come_first(desk: Desk) -> None:
    for number in range(12):
        desk.ask(f"flood {number}", source=f"session {number}", client=Client(f"session {number}", "192.0.2.1"))
    for _ in range(6):
        desk.do(2.0)
    for number in range(3):
        desk.ask(f"other {number}", visitor=f"{number}", source="other", client=Client("other", "198.51.100.9"))
    assert [desk.do(2.0) for _ in range(3)] == ["other 0", "other 1", "other 2"]


def test_within_one_address_the_sessions_still_have_their_shares(desk: Desk) -> None:
    for number in range(8):
        desk.ask(f"greedy {number}", source="greedy", client=Client("greedy", "192.0.2.1"))
    for _ in range(4):
        desk.do(2.0)
    desk.ask("modest", source="modest", client=Client("modest", "192.0.2.1"))
    assert desk.do(2.0) == "modest"
