"""The speed of recipes, beside the course's plain loop and the convolutions that this machine is capable of."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import conv2d
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, flop_registry
from tqdm import tqdm

from training.core.checkpoint import tensor_bytes
from training.core.imagenet_features import MissingPackageError
from training.core.precision import Compute, prepare
from training.evaluation import plain_loop, profiling
from training.evaluation.against import Checkout, CheckoutError
from training.evaluation.plain_loop import PlainLoop
from training.evaluation.profiling import Operation
from training.recipes.recipe import Recipe
from training.runs.passport import device_name
from training.runs.trainer import Trainer

PLAIN = "plain loop"
ROUNDS = 5
SECONDS = 5.0
TRIAL_SECONDS = 4.0
PROFILED = 5  # operations of a step
WARM_UP_STEPS = 2
CONVOLUTIONS = ((16, 64, 64), (16, 256, 32), (16, 512, 16))  # images, channels and side of 3 x 3 ones
GPU_FACTOR = 16  # times as many images fill a GPU
PASSES = 3  # forward, and the gradients of input and weights
Clock = Callable[[], float]
Step = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is timed: recipes by name, `seconds` for each in every one of the rounds, perhaps another checkout's too."""

    recipes: Mapping[str, Recipe]
    device: torch.device
    rounds: int = ROUNDS
    seconds: float = SECONDS
    precision: torch.dtype = torch.float32  # of the recipes; the plain loop is in float32
    profiled: int = 0  # operations of each recipe that are named
    against: Path | None = None


@dataclass(frozen=True)
class Spread:
    """The median of the rounds, the lowest and the highest."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """What was found out about a recipe or the plain loop; ratios are medians of the ratios of each round.

    The work for an image is that of convolutions and matrix products, in 10^9 floating-point operations, and the share
    (0 to 1) that of the convolution peak in the `precision` that most of the work is done in. `times_other` is the
    speed as a multiple of that in another checkout, if there is one.
    """

    recipe: str
    images_per_second: Spread
    times_plain_loop: float
    gflop_per_image: float
    share_of_peak: float
    precision: str
    times_other: float | None = None
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True)
class Result:
    """The rows, the convolution peak in GFLOP/s by precision, and a sentence on each recipe that lacks something."""

    device: str
    torch: str
    rounds: int
    peak: dict[str, Spread]
    rows: tuple[Row, ...]
    notes: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return asdict(self)


@dataclass
class Timed:
    """Something to time: `run` takes so many steps and returns the seconds.

    A step does `work`: images, or GFLOP of a convolution. After `cycle` steps the same kinds of steps come again, and
    `steps`, those of a round, are whole cycles. `rates` are work a second, one for each round.
    """

    run: Callable[[int], float]
    work: float
    cycle: int = 1
    steps: int = 1
    rates: list[float] = field(default_factory=list)

    def warm_up(self, seconds: float) -> None:
        """Take some steps, and set `steps` to about so many seconds."""
        cycle_seconds = self.run(WARM_UP_STEPS) / WARM_UP_STEPS * self.cycle
        self.steps = self.cycle * max(1, round(seconds / max(cycle_seconds, 1e-6)))

    def take(self) -> None:
        """Time the steps of one round."""
        self.rates.append(self.work * self.steps / self.run(self.steps))


@dataclass
class Contestant:
    """A recipe, or the plain loop, with the FLOPs of an image and the precision of most of them."""

    step: Step
    timed: Timed
    flops: float
    precision: torch.dtype
    other: Timed | None = None  # the same of another checkout


def measure(plan: Plan, clock: Clock = time.perf_counter, *, quiet: bool = False) -> Result:
    """Time everything in turn, round after round, so that a machine's better and worse minutes meet all alike.

    A recipe that lacks a package is left out. Raises CheckoutError for a folder that is no checkout.
    """
    notes: dict[str, str] = {}
    with Checkout(plan.against, plan.device) if plan.against else nullcontext() as other:
        contestants = {PLAIN: _plain_loop(plan, clock)}
        for name, recipe in plan.recipes.items():
            try:
                contestants[name] = _contestant(plan, recipe, clock)
                contestants[name].other = _of_other(name, recipe, contestants[name].timed, other)
            except (MissingPackageError, CheckoutError) as error:
                notes[name] = str(error)
        peaks = {one.precision: _convolutions(plan, one.precision, clock) for one in contestants.values()}
        _take_rounds(_in_turn(contestants, peaks), plan.rounds, quiet)
    best = {
        precision: [max(rates) for rates in zip(*(one.rates for one in timed), strict=True)]
        for precision, timed in peaks.items()
    }
    rows = tuple(_row(plan, name, contestants, best[one.precision]) for name, one in contestants.items())
    peak = {_name(precision): _spread(rates) for precision, rates in best.items()}
    return Result(device_name(plan.device), torch.__version__, plan.rounds, peak, rows, notes)


@dataclass(frozen=True)
class Trial:
    """What a short trial of a recipe told: its speed, and the bytes of a whole checkpoint of it."""

    images_per_second: float
    checkpoint_bytes: int


def trial(recipe: Recipe, compute: Compute, clock: Clock = time.perf_counter) -> Trial:
    """Train a recipe on made-up pictures for some seconds, after a first step that is not counted.

    Raises MissingPackageError, and torch.cuda.OutOfMemoryError where the recipe is too large for the device.
    """
    trainer = Trainer(recipe, 0, compute.device, compute.precision)
    batch = [part.to(compute.device) for part in random_batch(recipe)]
    prepare(compute.device)
    timer, steps, passed = _timer(compute.device, partial(trainer.step, *batch), clock), 0, 0.0
    timer(1)
    while passed < TRIAL_SECONDS:
        passed += timer(cycle(recipe))
        steps += cycle(recipe)
    saved = tensor_bytes([trainer.generator_state(), trainer.raw_state(), trainer.state()])
    return Trial(recipe.batch * steps / passed, saved)


def table(result: Result) -> str:
    """Return the rows as a table, with the dearest operations of each recipe and the notes below."""
    rows = [_HEAD, *map(_cells, result.rows)]
    if all(row.times_other is None for row in result.rows):
        rows = [cells[:-1] for cells in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    peaks = [f"{name} {peak.median:,.0f} GFLOP/s" for name, peak in result.peak.items()]
    about = f"{result.device}, torch {result.torch}, {result.rounds} rounds; convolution peak: {', '.join(peaks)}"
    notes = [f"{name}: {note}" for name, note in result.notes.items()]
    return "\n".join([about, "", *lines, *notes, *_described(result.rows)])


def random_batch(recipe: Recipe) -> tuple[Tensor, ...]:  # uint8 [N, 3, R, R], int64 [N] where there are classes
    """Return a batch of made-up pictures, always the same, with classes where the recipe has some."""
    draw = torch.Generator().manual_seed(0)
    images = random_images(recipe.batch, recipe.resolution, draw)
    if not recipe.classes:
        return (images,)
    return images, torch.randint(recipe.classes, (recipe.batch,), generator=draw)


def random_images(count: int, resolution: int, draw: torch.Generator) -> Tensor:  # uint8 [N, 3, R, R]
    """Return pictures of noise."""
    return torch.randint(256, (count, 3, resolution, resolution), dtype=torch.uint8, generator=draw)


def cycle(recipe: Recipe) -> int:
    """Return after how many steps the same kinds of steps come again: with G or without, with lazy penalties or not."""
    return math.lcm(recipe.d_steps, recipe.penalty_every)


def count_flops(step: Step, steps: int) -> tuple[float, torch.dtype]:
    """Take so many steps and return the floating-point operations of them all, and the precision of most."""
    precisions = _Precisions()
    with FlopCounterMode(display=False) as counter, precisions:
        for _ in range(steps):
            step()
    dtype = max(precisions.elements, key=precisions.elements.__getitem__, default=torch.float32)
    return float(counter.get_total_flops()), dtype


class _Precisions(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the elements, by precision, that go into the operations whose FLOPs are counted."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.elements: Counter[torch.dtype] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket in flop_registry:
            self.elements[args[0].dtype] += args[0].numel()
        return func(*args, **(kwargs or {}))


def _plain_loop(plan: Plan, clock: Clock) -> Contestant:
    torch.manual_seed(0)
    loop = PlainLoop(plan.device)
    images = random_images(plain_loop.BATCH, loop.resolution, torch.Generator().manual_seed(0)).to(plan.device)
    return _ready(plan, partial(loop.step, images), len(images), 1, clock)


def _contestant(plan: Plan, recipe: Recipe, clock: Clock) -> Contestant:
    trainer = Trainer(recipe, 0, plan.device, plan.precision)
    batch = [part.to(plan.device) for part in random_batch(recipe)]
    return _ready(plan, partial(trainer.step, *batch), recipe.batch, cycle(recipe), clock)


def _ready(plan: Plan, step: Step, batch: int, steps: int, clock: Clock) -> Contestant:
    """Count the FLOPs of a cycle of so many steps, which also warms up, and set how many steps a round has."""
    flops, precision = count_flops(step, steps)
    timed = Timed(_timer(plan.device, step, clock), batch, steps)
    timed.warm_up(plan.seconds)
    return Contestant(step, timed, flops / (steps * batch), precision)


def _of_other(name: str, recipe: Recipe, ours: Timed, other: Checkout | None) -> Timed | None:
    """Return the same steps of another checkout, warmed up like ours."""
    if other is None:
        return None
    run = partial(other.seconds, name, recipe)
    run(ours.cycle + WARM_UP_STEPS)
    return Timed(run, ours.work, ours.cycle, ours.steps)


def _convolutions(plan: Plan, precision: torch.dtype, clock: Clock) -> list[Timed]:
    """Return the large convolutions that tell the peak: channels last, as fast as any format or faster."""
    timed = []
    for count, channels, side in CONVOLUTIONS:
        count *= GPU_FACTOR if plan.device.type == "cuda" else 1
        images = torch.randn(count, channels, side, side, device=plan.device, dtype=precision)
        weights = torch.randn(channels, channels, 3, 3, device=plan.device, dtype=precision)
        step = partial(convolve, *(one.to(memory_format=torch.channels_last) for one in (images, weights)))
        timed.append(Timed(_timer(plan.device, step, clock), PASSES * 2 * 9 * channels * images.numel() / 1e9))
        timed[-1].warm_up(plan.seconds / len(CONVOLUTIONS))
    return timed


def convolve(images: Tensor, weights: Tensor) -> None:  # [N, C, R, R], [C, C, 3, 3]
    """Take one 3 x 3 convolution forward and backward, into its input and its weights."""
    inputs = images.requires_grad_(), weights.requires_grad_()
    out = conv2d(*inputs, padding=1)
    torch.autograd.grad(out, inputs, out)


def _timer(device: torch.device, step: Step, clock: Clock) -> Callable[[int], float]:
    """Return the function that takes so many steps and returns the seconds until the device has done them."""

    def seconds(steps: int) -> float:
        _wait(device)
        started = clock()
        for _ in range(steps):
            step()
        _wait(device)
        return clock() - started

    return seconds


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _in_turn(contestants: Mapping[str, Contestant], peaks: Mapping[torch.dtype, list[Timed]]) -> list[Timed]:
    """Return everything to time, another checkout's recipe next to ours."""
    ours = [timed for one in contestants.values() for timed in (one.timed, one.other) if timed is not None]
    return [*chain.from_iterable(peaks.values()), *ours]


def _take_rounds(timed: list[Timed], rounds: int, quiet: bool) -> None:
    """Take the rounds, every second one backwards, so that a steady drift cancels out."""
    with tqdm(total=rounds * len(timed), unit=" timings", leave=False, disable=quiet or None) as bar:
        for index in range(rounds):
            for one in timed[:: 1 if index % 2 == 0 else -1]:
                one.take()
                bar.update()


def _row(plan: Plan, name: str, contestants: Mapping[str, Contestant], peak: list[float]) -> Row:
    one = contestants[name]
    gflop, rates = one.flops / 1e9, one.timed.rates
    named = name != PLAIN and plan.profiled
    return Row(
        recipe=name,
        images_per_second=_spread(rates),
        times_plain_loop=_ratio(rates, contestants[PLAIN].timed.rates),
        gflop_per_image=gflop,
        share_of_peak=gflop * _ratio(rates, peak),
        precision=_name(one.precision),
        times_other=_ratio(rates, one.other.rates) if one.other else None,
        operations=profiling.dearest(one.step, one.timed.cycle, plan.profiled) if named else (),
    )


def _ratio(rates: list[float], others: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(rate / other for rate, other in zip(rates, others, strict=True))


def _spread(rates: list[float]) -> Spread:
    return Spread(median(rates), min(rates), max(rates))


def _name(precision: torch.dtype) -> str:
    return str(precision).removeprefix("torch.")


def _cells(row: Row) -> tuple[str, ...]:
    speed = row.images_per_second
    return (
        row.recipe,
        f"{speed.median:.4g} ({speed.low:.4g}-{speed.high:.4g})",
        f"{row.times_plain_loop:.2f}",
        f"{row.gflop_per_image:.3g}",
        f"{row.share_of_peak:.0%}",
        row.precision,
        "" if row.times_other is None else f"{row.times_other:.2f}",
    )


def _described(rows: tuple[Row, ...]) -> Iterator[str]:
    """Yield a line on each of the dearest operations."""
    for row in rows:
        if row.operations:
            yield f"\n{row.recipe}: the dearest operations by their own time"
        for one in row.operations:
            inputs = f"; most with {one.inputs}, {one.seconds * 1e3:.3g} ms each" if one.inputs else ""
            yield f"  {one.share:6.1%}  {one.name}, {one.calls:.4g} calls a step{inputs}"


_HEAD = ("recipe", "images/s (range)", "x plain loop", "GFLOP/image", "of peak", "precision", "x other checkout")
