"""The report of a benchmark: every recipe scored alike, with its curves and its tile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from training.core import checkpoint, run_folder, training_log
from training.core import dataset as data
from training.core.generators import build_generator
from training.discriminators import build_discriminator
from training.evaluation import benchmark, metrics, plots
from training.evaluation.benchmark import FEATURES, Plan
from training.evaluation.feature_extractors import Embedder
from training.evaluation.scores import Measured, Scores, measure, reference, score
from training.evaluation.spectrum import Spectrum
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs import checkpoint_writer

REPORT, TILES, CURVES = "report.md", "tiles.jpg", "curves.png"
PICTURE_QUALITY = 85
BY = {"wall": "", "processor": " of processor time"}
HEADINGS = (
    *("recipe", "KID", "FID", "precision", "recall", "copies", "bands", "period 2", "period 4"),
    *("images", "images/s", "minutes", "parameters G / D", "alarms"),
)
SCORED = HEADINGS[1:9]
MEANING = """\
- **KID** (kernel inception distance, arXiv:1801.01401): how far the features of the fakes are from those of the
  reals; 0 is none. It has no bias, so counts of pictures may differ, and it may fall a little below 0. ± is the
  standard deviation over {subsets} subsets.
- **FID** (Fréchet inception distance, arXiv:1706.08500): the same in another measure. With few fakes it comes out too
  large, so it can be compared within this table only; KID is the better one here. ± is the standard deviation over
  halves of the fakes, which estimates that of all.
- **Precision**: the share of fakes that lie among the reals: are they good? **Recall**: the share of reals that lie
  among the fakes: is all there? (arXiv:1904.06991, third neighbour, equally many of both.)
- **Copies**: the share of fakes that lie nearer to a training picture than 99 % of the training pictures lie to one
  another. 1 % is ordinary; much more is memorising.
- **Bands**: the power of the fakes over that of the reals, in grey, from coarse to fine: of 128 x 128 pixels the five
  bands reach up to 8, 16, 32, 48 and 64 cycles per picture. 1 is alike; much less in the fine ones is blur, much more
  is noise. **Period 2, period 4**: the same at the frequencies of grids of 2 and of 4 pixels; where it is far above the
  bands, a grid lies over the pictures. No network decides these numbers.
- **Alarms**: in how many of the rows of the log each sign of failure was seen."""
CAVEATS = """\
A metric is not the eye: look at the tiles. Where nothing looks like the data yet, the order says little: an even grey
may get a lower KID than coloured noise, and FID and precision may disagree with it. The numbers hold for the features
of this one network and cannot be compared with those of another, nor with published ones. Every such network was
trained on ImageNet, and so was the one that a recipe marked with † looked through in training: its numbers may flatter
it (arXiv:2203.06026), though the two are of different families. Each recipe was trained once; another seed of training
may change the order of neighbours."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of one recipe."""

    name: str
    recipe: Recipe
    about: dict[str, Any] | None
    scores: Scores | None
    diverged: str | None
    rows: list[dict[str, Any]]
    preview: Path | None


def write(plan: Plan, embedder: Embedder, fakes: int, *, quiet: bool = False) -> Path:
    """Score what has not been scored, write the report with its pictures, and return its path."""
    reals = cache(lambda side: measure(data.open_data(plan.data, side), embedder, plan.out / FEATURES, quiet=quiet))
    entries = [_entry(plan, name, reals(plan.recipes[name].resolution), fakes, quiet) for name in plan.recipes]
    entries.sort(key=lambda entry: entry.scores.kid if entry.scores else float("inf"))
    plots.curves({entry.name: entry.rows for entry in entries}).save(plan.out / CURVES, optimize=True)
    plots.tiles(_previews(entries)).save(plan.out / TILES, quality=PICTURE_QUALITY, optimize=True)
    best = reference(reals(plan.recipes[entries[0].name].resolution), fakes)
    (plan.out / REPORT).write_text(text(plan, entries, best, fakes), encoding="utf-8")
    return plan.out / REPORT


def text(plan: Plan, entries: Sequence[Entry], best: Scores, fakes: int) -> str:
    """Write the report of recipes, in the order in which they are given; `best` is what pictures of the data get."""
    return f"""# The benchmark

{_budget(plan, entries)}

{_basis(best, fakes)}

{table(entries, best)}

{_notes(entries)}{MEANING.format(subsets=metrics.SUBSETS)}

{CAVEATS}

## The tiles of seed 0

![The tiles of seed 0 of every recipe, side by side]({TILES})

## Losses

![The losses of D and G of every recipe over the images seen]({CURVES})

Losses of different games cannot be compared; a game's own losses tell whether it goes on.
"""


def table(entries: Sequence[Entry], best: Scores) -> str:
    """Write one row for each recipe, and one for the pictures of the data."""
    real = ["*real pictures*", *scored_cells(best), *["–"] * (len(HEADINGS) - 1 - len(SCORED))]
    head = f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}"
    return "\n".join([head, *(f"| {' | '.join(cells)} |" for cells in [*map(_cells, entries), real])])


def _cells(entry: Entry) -> list[str]:
    name = f"`{entry.name}`{' †' if entry.recipe.pretrained else ''}{' (diverged)' if entry.diverged else ''}"
    parameters = " / ".join(f"{count / 1e6:.1f} M" for count in _parameters(entry.recipe))
    return [name, *scored_cells(entry.scores), *_trained(entry.about), parameters, _alarms(entry.rows)]


def scored_cells(scores: Scores | None) -> list[str]:
    """Write the cells of the columns SCORED."""
    if scores is None:
        return ["–"] * len(SCORED)
    return [
        f"{scores.kid:.4f} ± {scores.kid_spread:.4f}",
        f"{scores.fid:.2f} ± {scores.fid_spread:.2f}",
        *(f"{value:.2f}" for value in (scores.precision, scores.recall)),
        f"{100 * scores.copies:.1f} %",
        *_spectrum(scores.spectrum),
    ]


def _spectrum(found: Spectrum | None) -> list[str]:
    if found is None:
        return ["–"] * 3
    return [" ".join(f"{ratio:.2f}" for ratio in found.bands), *(f"{ratio:.1f}" for ratio in found.periods.values())]


def _trained(about: dict[str, Any] | None) -> list[str]:
    if about is None:
        return ["–"] * 3
    return [
        f"{about['images']:,}",
        f"{about['images'] / max(about['seconds'], 1e-9):.1f}",
        f"{about['seconds'] / 60:.1f}",
    ]


def _parameters(recipe: Recipe) -> tuple[int, int]:
    """Count what is trained in G and in D."""
    networks = build_generator(recipe.generator_config()), build_discriminator(recipe.discriminator_config()).head
    g, d = (sum(parameter.numel() for parameter in network.parameters()) for network in networks)
    return g, d


def _alarms(rows: Sequence[dict[str, Any]]) -> str:
    triggered = Counter(name for row in rows for name in row.get("alarms", ()))
    return ", ".join(f"{name} in {count} of {len(rows)}" for name, count in triggered.most_common()) or "none"


def _budget(plan: Plan, entries: Sequence[Entry]) -> str:
    each = f"{plan.images:,} images" if plan.minutes is None else f"{plan.minutes:g} minutes{BY[plan.clock]}"
    devices = sorted({one["device"] for entry in entries if entry.about for one in entry.about["runtimes"]})
    return (
        f"{len(entries)} recipes were trained one after the other, each for {each} "
        f"over all calls together, from seed {plan.seed}, on {' and '.join(devices) or 'no device'}. "
        "The rows are in the order of KID."
    )


def _basis(best: Scores, fakes: int) -> str:
    return (
        f"Every score compares {fakes:,} fakes, the first of seed {best.seed}, with all {best.fakes + best.reals:,} "
        f"pictures of the data, in the features of **{best.network}**. Both are resized alike to the side that the "
        f"network takes (bicubic, anti-aliased). The last row compares {best.fakes:,} of the pictures with the others: "
        "what perfect fakes would get."
    )


def _notes(entries: Sequence[Entry]) -> str:
    """Say what went wrong, which settings were changed, and which network a recipe looked through."""
    notes = [f"- `{entry.name}` diverged: {entry.diverged}" for entry in entries if entry.diverged]
    networks = {entry.recipe.pretrained for entry in entries if entry.recipe.pretrained}
    notes += [f"- `{entry.name}` with {text}." for entry in entries if (text := _settings(entry))]
    notes += [f"- † looked through {name} in training." for name in sorted(networks)]
    return "\n".join([*notes, "", "What the numbers say:", "", ""]) if notes else ""


def _settings(entry: Entry) -> str:
    """Name the settings in which a recipe differs from the named one that it is called after."""
    if entry.name not in RECIPES:
        return ""
    named, mine = RECIPES[entry.name].to_dict(), entry.recipe.to_dict()
    changed = [f"{field} = {mine[field]}" for field in mine if field != "summary" and mine[field] != named[field]]
    return ", ".join(changed)


def _entry(plan: Plan, name: str, reals: Measured, fakes: int, quiet: bool) -> Entry:
    run = plan.run(name)
    folder = run_folder.newest(run) if run_folder.steps(run) else None
    return Entry(
        name=name,
        recipe=plan.recipes[name],
        about=checkpoint.describe(folder).about if folder else None,
        scores=score(folder, reals, fakes, quiet=quiet) if folder else None,
        diverged=benchmark.diverged(plan, name),
        rows=training_log.read_metrics(run / training_log.METRICS),
        preview=checkpoint_writer.preview_of(folder) if folder else None,
    )


def _previews(entries: Sequence[Entry]) -> dict[str, Image.Image]:
    return {entry.name: Image.open(entry.preview).convert("RGB") for entry in entries if entry.preview}
