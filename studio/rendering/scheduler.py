"""Which of many jobs is done next: classes of urgency that age, visitors in turn, equal work shared, quotas.

Each claim on a job has a deadline: the time since which its visitor waits for a turn, and the patience of its class.
The earliest deadline goes first (Liu and Layland 1973), so that an urgent job overtakes others only until they have
waited for long. After its turn a visitor waits anew, however many jobs it has; work that nobody waits for does not age.
Nothing here knows what a job does, and no thread runs: whoever works asks for the next job and tells what it took.
"""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from statistics import median
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from studio.clients import Client
from studio.shares import Holder, giving_way

WAITING = 512  # jobs as urgent as a new one, or more, that may wait
WAITING_OF_SOURCE = 256  # the same of one source: a session, or an address without one
WAITING_OF_VISITOR = 64
CROWD = 64  # waiting visitors of one source from which on its newcomers are served last, the newest first
SHARE = 1 / 3  # of the work of late that one source may have while others wait
ADDRESS_SHARE = 1 / 2  # the same of one address, which has many sources
SHARED_SECONDS = 5.0  # of work of late, below which no source has too much
MEMORY_SECONDS = 60.0  # in which work of late is forgotten, all but a third
PAUSE_SECONDS = 0.5  # between two jobs of one turn
TURNS_KEPT = 4096
TILE_SECONDS = 0.7  # of the machine that patience and turns are for: two idle cores that draw a tile of `projected`
TILES_REMEMBERED = 9  # of which the middle one tells how slow this machine is
SLOWEST = 10.0  # times as slow as that machine, from where on nobody gets more patient


class Priority(IntEnum):
    """What a job is for; the lower, the sooner."""

    INTERACTIVE = 0
    FIRST = 1  # the first tile of a sheet
    COMPARE = 2
    SHEET = 3
    VIDEO = 4
    PREFETCH = 5  # nobody waits for it


class Turn(NamedTuple):
    """What a visitor may have done of one class before it waits anew: so many jobs or seconds, what comes first."""

    jobs: float
    seconds: float


# Seconds, where a tile takes TILE_SECONDS, that a job may wait before it is as urgent as an interactive one that comes.
PATIENCE = {
    Priority.INTERACTIVE: 0.0,
    Priority.FIRST: 20.0,
    Priority.COMPARE: 22.0,
    Priority.SHEET: 40.0,
    Priority.VIDEO: 42.0,
    Priority.PREFETCH: 44.0,
}
TURNS = {
    Priority.INTERACTIVE: Turn(math.inf, 2.0),  # a tile of Morph is ten jobs
    Priority.FIRST: Turn(1, 2.0),
    Priority.COMPARE: Turn(6, 12.0),  # all checkpoints of one comparison
    Priority.SHEET: Turn(2, 4.0),  # as many as a page asks for at once
    Priority.VIDEO: Turn(math.inf, 4.0),  # many frames
    Priority.PREFETCH: Turn(1, 2.0),
}


class BusyError(RuntimeError):
    """Too many jobs wait already."""


class SupersededError(RuntimeError):
    """Nobody waits for this any more: the visitor has asked for something else, or has left."""


class Visitor(NamedTuple):
    """Whose turn it is: `source` is what the server knows, `name` what the client says within it."""

    source: str
    name: str


class Claim(NamedTuple):
    """A visitor, and the lane in which only the newest order counts."""

    visitor: Visitor
    lane: str


@dataclass
class Stake:
    """What one claim has in a job: how urgent it is, since when it waits, and the clients that wait for it."""

    priority: Priority
    since: float
    clients: set[Client]


@dataclass(eq=False, kw_only=True)
class Job:
    """Work for whoever claims it."""

    stakes: dict[Claim, Stake] = field(default_factory=dict)

    @property
    def priority(self) -> Priority:
        """Return how urgent it is to whoever needs it most; it is least urgent where nobody does."""
        return min((stake.priority for stake in self.stakes.values()), default=Priority.PREFETCH)

    @property
    def visitors(self) -> set[Visitor]:
        """Return who waits for it."""
        return {claim.visitor for claim in self.stakes}

    @property
    def sources(self) -> set[str]:
        """Return whose quotas it counts for."""
        return {claim.visitor.source for claim in self.stakes}

    @property
    def holders(self) -> set[Holder]:
        """Return whose quotas it counts for, with their addresses."""
        stakes = self.stakes.items()
        return {Holder(client.address, claim.visitor.source) for claim, stake in stakes for client in stake.clients}

    @property
    def addresses(self) -> set[str]:
        """Return from where it is waited for."""
        return {client.address for stake in self.stakes.values() for client in stake.clients}

    def claim(self, claim: Claim, stake: Stake) -> None:
        """Wait for it too; a claim that is made again is as urgent and old as the more urgent and older of both."""
        known = self.stakes.get(claim, stake)
        clients = known.clients | stake.clients
        self.stakes[claim] = Stake(min(known.priority, stake.priority), min(known.since, stake.since), clients)

    def leave(self, claim: Claim, client: Client) -> None:
        """Take a client back that has left; with its last one the claim goes."""
        stake = self.stakes.get(claim)
        if stake is not None:
            stake.clients.discard(client)
            if not stake.clients:
                del self.stakes[claim]


@dataclass
class _Record:
    """A visitor's turn in one class: since when it waits for it, what was done in it, and when that was.

    Between two turns, `since` is the end of the last one.
    """

    since: float
    last: float
    jobs: int = 0
    seconds: float = 0.0
    is_open: bool = True


J = TypeVar("J", bound=Job)
_Key: TypeAlias = tuple[bool, bool, bool, float, float]


class Scheduler(Generic[J]):
    """Jobs that wait, and the order in which they are done. Not safe among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._jobs: list[J] = []
        self._turns: dict[tuple[Visitor, Priority], _Record] = {}
        self._served: dict[Visitor, None] = {}  # those that had a turn, the last one last
        self._work, self._address_work = _Work(SHARE), _Work(ADDRESS_SHARE)
        self._payers: dict[J, tuple[Visitor, Priority]] = {}  # of the jobs that were picked: whose turn each takes
        self._overtaken: tuple[J, bool] | None = None  # the last answer of `overtakes`
        self._tiles: deque[float] = deque(maxlen=TILES_REMEMBERED)
        self._slowness = 1.0

    def learn_pace(self, seconds: float) -> None:
        """Learn from what one tile took how slow this machine is: patience and turns are as many times as long.

        Otherwise all that waits would be as old as it may get, and the urgent would come no sooner than the rest.
        """
        self._tiles.append(seconds)
        self._slowness = min(max(median(self._tiles) / TILE_SECONDS, 1.0), SLOWEST)

    def __len__(self) -> int:
        """Count the jobs that wait."""
        return len(self._jobs)

    def __iter__(self) -> Iterator[J]:
        """Iterate over the jobs that wait."""
        return iter(self._jobs)

    def make_room(self, visitor: Visitor, priority: Priority, count: int = 1, address: str = "") -> list[J]:
        """Return the waiting jobs that `count` new ones displace, or raise BusyError where there is no room.

        Less urgent jobs never stand in the way. A source that is full gives up what has waited longest of visitors
        that had no turn yet, so that nobody is shut out by many names; where all is full, the address with most jobs,
        and in it the source, gives up its newest ones to any that has fewer.
        """
        rivals = [job for job in self._jobs if job.priority <= priority]
        own = [job for job in rivals if visitor.source in job.sources]
        if sum(visitor in job.visitors for job in own) + count > WAITING_OF_VISITOR:
            raise self.busy()
        displaced = self._displaced_within(own, visitor, len(own) + count - WAITING_OF_SOURCE)
        left = [job for job in rivals if job not in displaced]
        newcomer = Holder(address, visitor.source)
        displaced += self._displaced_of_others(left, newcomer, len(left) + count - WAITING)
        for job in displaced:
            self._remove(job)
        return displaced

    def _displaced_within(self, own: list[J], visitor: Visitor, count: int) -> list[J]:
        spared = self._served.keys() | {visitor}
        new = [job for job in own if job.sources == {visitor.source} and not job.visitors & spared]
        if count > len(new):
            raise self.busy()
        return sorted(new, key=_since)[: max(count, 0)]

    def _displaced_of_others(self, rivals: list[J], newcomer: Holder, count: int) -> list[J]:
        displaced: list[J] = []
        for _ in range(count):
            left = [job for job in rivals if job not in displaced]
            theirs = giving_way(left, lambda job: job.holders, newcomer)
            if not theirs:
                raise self.busy()
            displaced.append(max(theirs, key=lambda job: (job.priority, _since(job))))
        return displaced

    def busy(self) -> BusyError:
        """Return the error for what finds no room, or loses it."""
        return BusyError(f"{len(self._jobs)} pieces of work are waiting already; try again in a moment.")

    def add(self, job: J) -> None:
        """Let a job wait."""
        self._jobs.append(job)
        self._overtaken = None

    def put_back(self, job: J) -> None:
        """Let a job that was begun wait for its next step."""
        self._payers.pop(job, None)
        self._jobs.insert(0, job)
        self._overtaken = None

    def claim(self, job: J, claim: Claim, priority: Priority, client: Client) -> None:
        """Let a client wait for a job, whether it waits itself or is being done."""
        job.claim(claim, Stake(priority, self.clock(), {client}))
        self._overtaken = None

    def pick(self) -> J:
        """Take out the next job; whoever picks it charges what it takes, and tells when it is done or put back."""
        crowded = self._crowded()
        now = self.clock()
        job = min(self._jobs, key=lambda one: self._key(one, now, crowded))
        self._jobs.remove(job)
        self._overtaken = None
        if job.stakes:
            self._begin_turn(job, now)
        return job

    def _begin_turn(self, job: J, now: float) -> None:
        claim, stake = min(job.stakes.items(), key=lambda one: self._deadline(one[0], one[1], now))
        place = (claim.visitor, stake.priority)
        record = self._turns.pop(place, None)
        goes_on = record is not None and self._goes_on(record, stake)
        self._turns[place] = record if record and goes_on else _Record(self._waits_since(record, stake), now)
        self._payers[job] = place
        _forget_oldest(self._turns)

    def charge(self, job: J, seconds: float) -> None:
        """Note that a picked job took so many seconds; a turn that has had its seconds is over."""
        now = self.clock()
        for source in job.sources:
            self._work.add(source, seconds / len(job.sources), now)
        for address in job.addresses:
            self._address_work.add(address, seconds / len(job.addresses), now)
        self._note(job, 0, seconds)
        self._overtaken = None

    def finish(self, job: J) -> None:
        """Note that a picked job is done, or is given up."""
        self._note(job, 1, 0.0)
        payer = self._payers.pop(job, None)
        if payer is not None:
            self._note_served(payer[0])

    def _note(self, job: J, jobs: int, seconds: float) -> None:
        place = self._payers.get(job)
        record = self._turns.get(place) if place else None
        if place is None or record is None:
            return
        record.is_open, record.last = True, self.clock()
        record.jobs, record.seconds = record.jobs + jobs, record.seconds + seconds
        turn = TURNS[place[1]]
        if record.jobs >= turn.jobs or record.seconds >= turn.seconds * self._slowness:
            self._turns[place] = _Record(record.last, record.last, is_open=False)

    def _note_served(self, visitor: Visitor) -> None:
        self._served.pop(visitor, None)
        self._served[visitor] = None
        _forget_oldest(self._served)

    def overtakes(self, job: J) -> bool:
        """Tell whether a job waits that is of a more urgent class than one that is being done, and comes before it."""
        if self._overtaken is None or self._overtaken[0] is not job:
            urgent = [other for other in self._jobs if other.priority < job.priority]
            self._overtaken = (job, self._comes_before(urgent, job))
        return self._overtaken[1]

    def gives_way(self, job: J) -> bool:
        """Tell whether a job that is being done steps aside between two steps: its turn is over and others wait."""
        return self._comes_before(self._jobs, job)

    def _comes_before(self, others: list[J], job: J) -> bool:
        if not others:
            return False
        now, crowded = self.clock(), self._crowded()
        return min(self._key(other, now, crowded) for other in others) < self._key(job, now, crowded)

    def _key(self, job: J, now: float, crowded: set[str]) -> _Key:
        """Return by what jobs are compared; the smallest is done first, and among equal ones the one that is first."""
        return min((self._key_of(claim, stake, now, crowded) for claim, stake in job.stakes.items()), default=_LAST)

    def _key_of(self, claim: Claim, stake: Stake, now: float, crowded: set[str]) -> _Key:
        source = claim.visitor.source
        much_there = all(self._address_work.has_much(client.address, now) for client in stake.clients)
        has_much = self._work.has_much(source, now)
        if source in crowded and claim.visitor not in self._served:
            return much_there, has_much, True, -stake.since, 0.0
        return much_there, has_much, False, *self._deadline(claim, stake, now)

    def _deadline(self, claim: Claim, stake: Stake, now: float) -> tuple[float, float]:
        """Return a deadline, and since when the stake waits, which decides among equal deadlines."""
        since = self._waits_since(self._turns.get((claim.visitor, stake.priority)), stake)
        ages = stake.priority != Priority.PREFETCH
        return (since if ages else now) + PATIENCE[stake.priority] * self._slowness, since

    def _waits_since(self, record: _Record | None, stake: Stake) -> float:
        """Return since when a stake waits for its turn: as long as the turn that it goes on with."""
        if record is None:
            return stake.since
        if record.is_open:
            return record.since if self._goes_on(record, stake) else stake.since
        return max(stake.since, record.since)

    @staticmethod
    def _goes_on(record: _Record, stake: Stake) -> bool:
        return record.is_open and stake.since <= record.last + PAUSE_SECONDS

    def _crowded(self) -> set[str]:
        """Return the sources of which so many visitors wait that some names may be made up."""
        if len(self._jobs) <= CROWD:
            return set()
        visitors = {visitor for job in self._jobs for visitor in job.visitors}
        counts = Counter(visitor.source for visitor in visitors)
        return {source for source, count in counts.items() if count > CROWD}

    def withdraw(self, claim: Claim, keep: Callable[[J], bool] = lambda _: False) -> list[J]:
        """Take a claim back from all waiting jobs but those to keep; return the jobs that nobody claims now."""
        claimed = [job for job in self._jobs if claim in job.stakes and not keep(job)]
        for job in claimed:
            del job.stakes[claim]
        return self._drop_unclaimed(claimed)

    def leave(self, claim: Claim, client: Client) -> list[J]:
        """Take a client that has left back from all waiting jobs; return the jobs that nobody claims now."""
        claimed = [job for job in self._jobs if claim in job.stakes]
        for job in claimed:
            job.leave(claim, client)
        return self._drop_unclaimed(claimed)

    def _drop_unclaimed(self, jobs: list[J]) -> list[J]:
        dropped = [job for job in jobs if not job.stakes]
        for job in dropped:
            self._remove(job)
        self._overtaken = None
        return dropped

    def drain(self) -> list[J]:
        """Take out all jobs that wait, and return them."""
        jobs, self._jobs, self._overtaken = self._jobs, [], None
        return jobs

    def _remove(self, job: J) -> None:
        self._jobs.remove(job)


_LAST: _Key = (True, True, True, math.inf, math.inf)


def _forget_oldest(kept: dict[Any, Any]) -> None:
    while len(kept) > TURNS_KEPT:
        del kept[next(iter(kept))]


def _since(job: Job) -> float:
    return min((stake.since for stake in job.stakes.values()), default=0.0)


class _Work:
    """What was done of late for each source, or for each address, in seconds that are slowly forgotten."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._of_each: dict[str, float] = {}
        self._total, self._at = 0.0, 0.0

    def add(self, source: str, seconds: float, now: float) -> None:
        left = math.exp((self._at - now) / MEMORY_SECONDS)
        self._of_each = {one: value * left for one, value in self._of_each.items() if value * left > 0.01}
        self._of_each[source] = self._of_each.get(source, 0.0) + seconds
        self._total, self._at = sum(self._of_each.values()), now

    def has_much(self, source: str, now: float) -> bool:
        """Tell whether a source, or an address, has had more than its share; the rest is for others, if any wait."""
        own = self._of_each.get(source, 0.0)
        is_much = own > self._share * self._total
        return is_much and own * math.exp((self._at - now) / MEMORY_SECONDS) > SHARED_SECONDS
