"""The model card of a checkpoint: what it is, what it got, how to draw from it."""

from __future__ import annotations

from typing import Any

from training.core.clean_text import clean_text, encodable
from training.evaluation import spectrum
from training.evaluation.spectrum import Spectrum
from training.runs.hub_metadata import metadata, papers
from training.runs.passport import CHANGES, RESTARTS

NAME_LENGTH = 200  # characters
TEXT_LENGTH = 1000
HASH_DIGITS = 12


def model_card(
    name: str, about: dict[str, Any], preview: str, repo: str | None = None, dataset: str | None = None
) -> str:
    """Write the card, with the metadata block that the Hugging Face Hub reads, from the passport `about`.

    `preview` is the name of the picture beside the card, `repo` the repository of the Hub that it is written for,
    `dataset` that of the pictures, where it is known.
    """
    recipe, name, summary = about["recipe"], clean_text(encodable(name), NAME_LENGTH), _text(about["recipe"]["summary"])
    rows = "\n".join(f"| {field} | {_show(value)} |" for field, value in recipe.items() if field != "summary")
    return f"""{metadata(name, about, preview, repo, dataset)}
# {name}

{summary[:1].upper()}{summary[1:]}.

![The tile of seed 0]({preview})

It has seen {about["images"]:,} images ({about["images"] / about["data"]["images"]:.1f} passes over
{about["data"]["images"]:,} pictures) in {duration(about["seconds"])} of training on {_devices(about)}, in
{_count(len(about["runtimes"]), "runtime")}. {_pretrained(about)}{_restarts(about)}{_changes(about)}{_equalizer(about)}

The generator draws in float32 on the CPU; `{preview}` shows the tile of seed 0, as it came. Anybody can draw it
exactly:

```
python -m studio export {f"hf://{repo}" if repo else f"checkpoints/{name}"} --seed 0 --out tile.png
```

{_scores(about)}| setting | value |
|---|---|
{rows}

{_papers(recipe)}"""


def _papers(recipe: dict[str, Any]) -> str:
    """Name the papers of what the recipe has switched on, by links that the Hub knows."""
    links = [f"[{number}](https://arxiv.org/abs/{number})" for number in papers(recipe)]
    return f"Papers (arXiv): {', '.join(links)}\n" if links else ""


def _scores(about: dict[str, Any]) -> str:
    """Write what a benchmark measured, or nothing where there was none."""
    metrics = about.get("metrics") or {}
    if not metrics:
        return ""
    network = _text(metrics["network"])
    return f"""| score | value |
|---|---|
| KID | {metrics["kid"]:.4f} ± {metrics["kid_spread"]:.4f} |
| FID | {metrics["fid"]:.2f} ± {metrics["fid_spread"]:.2f} |
| precision | {metrics["precision"]:.2f} |
| recall | {metrics["recall"]:.2f} |
| copies | {100 * metrics["copies"]:.1f} % |
{_spectrum(spectrum.read(metrics), about["recipe"]["resolution"])}
{metrics["fakes"]:,} fakes, the first of seed {metrics["seed"]}, against {metrics["reals"]:,} pictures, in the features
of {network}{_rounded(about)}. The numbers can be compared with others of
the same network and counts only.

"""


def _spectrum(found: Spectrum | None, side: int) -> str:
    """Write the power of the fakes over that of the reals, or nothing where an older benchmark did not measure it."""
    if found is None:
        return ""
    rows = [
        f"| power at {name} cycles, fake over real | {ratio:.2f} |"
        for name, ratio in zip(spectrum.bands(side), found.bands, strict=True)
    ]
    rows += [
        f"| power at {name.replace('_', ' ')}, fake over real | {ratio:.1f} |" for name, ratio in found.periods.items()
    ]
    return "\n".join([*rows, ""])


def duration(seconds: float) -> str:
    """Write a time in hours and minutes."""
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{_count(hours, 'hour')} {_count(rest, 'minute')}" if hours else _count(minutes, "minute")


def _devices(about: dict[str, Any]) -> str:
    return " and ".join(sorted({_text(runtime["device"]) for runtime in about["runtimes"]}))


def _pretrained(about: dict[str, Any]) -> str:
    if about["pretrained"]:
        return (
            f"Its discriminator looked through {_text(about['pretrained'])}; the generator began from random weights."
        )
    return "No network trained on other data was used."


def _changes(about: dict[str, Any]) -> str:
    """Say from which image on the recipe was another one, or nothing."""
    told = [
        f"from image {change['images']:,} on: {_text(', '.join(map(str, change['settings'])))}"
        for change in about.get(CHANGES, ())
    ]
    return f"\nIts recipe was changed while it trained, {'; '.join(told)}." if told else ""


def _restarts(about: dict[str, Any]) -> str:
    """Say with which published weights the run began, or nothing."""
    told = [
        f"at image {restart['images']:,} (SHA-256 {_text(restart['weights_sha256'])[:HASH_DIGITS]}..."
        + (", of other pictures)" if restart["data_sha256"] != about["data"]["sha256"] else ")")
        for restart in about.get(RESTARTS, ())
    ]
    return f"\nIt went on from published weights with a new discriminator {' and '.join(told)}." if told else ""


def _equalizer(about: dict[str, Any]) -> str:
    """Say what stands behind the generator, or nothing."""
    found = about.get("equalizer")
    if not found:
        return ""
    return (
        f"\nBehind it stands a filter of {found['side']} x {found['side']} pixels, the same for every picture, which "
        f"brings each frequency to {found['power']:g} times the power of the pictures (`python -m training equalize`)."
    )


def _rounded(about: dict[str, Any]) -> str:
    return "" if about.get("equalizer") else "; taken before the weights were rounded to float16"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _show(value: object) -> str:
    """Write a setting; of a list its values, a name with its number as both."""
    if not isinstance(value, list):
        return _text(value)
    return ", ".join(" ".join(map(_text, one)) if isinstance(one, list) else _text(one) for one in value)


def _text(value: object) -> str:
    """Write a value of the passport, whatever recipe it came from, on one line."""
    return clean_text(str(value), TEXT_LENGTH)
