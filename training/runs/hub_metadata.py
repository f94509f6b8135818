"""What the Hugging Face Hub reads of a model card: the block of metadata, scores for its model index, papers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from training.core.generators import GENERATORS
from training.core.normalization import NORMS, WRAPS
from training.tricks.initialization import INITS
from training.tricks.losses import LOSSES
from training.tricks.regularizers import PENALTIES

TASK = "unconditional-image-generation"
LIBRARY = "gan-race-studio"
PICTURES = "oxford-flowers-102"  # a word, no repository of the Hub
TAGS = ["gan", "pytorch", PICTURES]
SCORED = {"kid": "KID", "fid": "FID"}
THUMBNAIL = "https://huggingface.co/{repo}/resolve/main/{preview}"
NUMBER = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
DISCRIMINATORS = {
    "dcgan": "1511.06434",
    "resnet": "1802.05957",
    "stylegan2": "1912.04958",
    "fastgan": "2101.04775",
    "projected": "2111.01007",
    "projected_patch": "2111.01007",
    "autoencoder": "1703.10717",
}
AUGMENTATIONS = {
    **dict.fromkeys(("color", "translation", "cutout"), "2006.10738"),
    **dict.fromkeys(("zoom", "rotation", "noise"), "2006.06676"),
    "diffusion": "2206.02262",
}
AMOUNTS = {  # switches that are off at 0
    "ada_target": "2006.06676",
    "feature_matching": "1606.03498",
    "unrolled": "1611.02163",
    "hybrid": "1512.09300",
    "replay": "1612.07828",
    "clip": "1701.07875",
    "style_mixing": "1812.04948",
    "attention": "1805.08318",
    "sliced": "2301.12811",
}
STATISTICS = {"minibatch_discrimination": "1606.03498", "minibatch_stddev": "1710.10196"}
TWO_TIME_SCALES = "1706.08500"
CONDITIONS = {"projection": "1802.05637", "classifier": "1610.09585"}


def metadata(
    name: str, about: dict[str, Any], preview: str, repo: str | None = None, dataset: str | None = None
) -> str:
    """Write the block at the head of a card, from the passport `about`; of a repository with its thumbnail.

    `dataset` is the repository of the pictures on the Hub, where somebody has named it; otherwise the card names none.
    """
    from huggingface_hub import ModelCardData

    results = list(_results(about, dataset or PICTURES))
    data = ModelCardData(
        license="mit",
        library_name=LIBRARY,
        pipeline_tag=TASK,
        tags=TAGS,
        datasets=[dataset] if dataset else None,
        metrics=[*SCORED] if results else None,
        model_name=name if results else None,
        eval_results=results or None,
        thumbnail=THUMBNAIL.format(repo=repo, preview=preview) if repo else None,
    )
    return f"---\n{data.to_yaml()}\n---\n"


def _results(about: dict[str, Any], dataset: str) -> Iterator[Any]:
    """Yield KID and FID of a benchmark with what they rest on: data set, network, counts, seed."""
    from huggingface_hub import EvalResult

    scores = about.get("metrics") or {}
    for field, short in SCORED.items() if scores else ():
        counts = f"{scores['fakes']:,} fakes, {scores['reals']:,} pictures"
        yield EvalResult(
            task_type=TASK,
            task_name="Unconditional image generation",
            dataset_type=dataset,
            dataset_name="Oxford 102 Flowers",
            dataset_args={"pictures": scores["reals"], "sha256": about["data"]["sha256"]},
            metric_type=field,
            metric_name=f"{short} ({scores['network']}; {counts})",
            metric_value=round(scores[field], 4),
            metric_args={name: scores[name] for name in ("network", "fakes", "reals", "seed")},
        )


def papers(recipe: dict[str, Any]) -> list[str]:
    """List the arXiv numbers of what a recorded recipe has switched on, in ascending order."""
    return sorted(set(_numbers(recipe)))


def _numbers(recipe: dict[str, Any]) -> Iterator[str]:
    """Yield the numbers, which stand where the tricks are defined or, for a few, in the tables above."""
    penalties = [name for name, *_ in recipe.get("penalties", [])]
    texts = [
        _text(GENERATORS, recipe["generator"]),
        LOSSES[recipe["loss"]].paper if recipe["loss"] in LOSSES else "",
        *(PENALTIES[name].paper for name in penalties if name in PENALTIES),
        *(_text(NORMS, recipe.get(field)) for field in ("g_norm", "d_norm")),
        *(_text(WRAPS, recipe.get(field)) for field in ("g_wrap", "d_wrap")),
        _text(INITS, recipe.get("init")),
    ]
    yield from (number for text in texts for number in NUMBER.findall(text or ""))
    yield from (DISCRIMINATORS[name] for name in [recipe["discriminator"]] if name in DISCRIMINATORS)
    yield from (AUGMENTATIONS[name] for name in recipe.get("augment", []) if name in AUGMENTATIONS)
    yield from (number for field, number in AMOUNTS.items() if recipe.get(field))
    if recipe["g_lr"] != recipe["d_lr"]:
        yield TWO_TIME_SCALES
    yield from (CONDITIONS[name] for name in [recipe.get("condition")] if name in CONDITIONS)
    yield from (STATISTICS[name] for name in [recipe.get("d_statistic")] if name in STATISTICS)


def _text(table: dict[str, Any], name: object) -> str:
    return table[name].__doc__ or "" if name in table and name != "none" else ""
