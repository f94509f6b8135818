"""The tricks of a checkpoint, in the field's own terms: what its recipe has that a plain GAN has not.

A passport is whatever a file says; a field of another type than a recipe's counts as left at its default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from studio.checkpoints.training_curves import is_finite

Recipe: TypeAlias = dict[str, Any]
NAME_LETTERS = 32
DIFFAUGMENT = {"color", "translation", "cutout"}

PLAIN: Recipe = {  # the defaults of a recipe, as far as a trick shows in them
    "loss": "non_saturating",
    "generator": "",
    "discriminator": "",
    "g_norm": "batch",
    "d_norm": "none",
    "g_wrap": "none",
    "d_wrap": "none",
    "d_statistic": "none",
    "condition": "none",
    "init": "torch",
    "latent": "normal",
    "g_output": "tanh",
    "g_optimizer": "adam",
    "d_optimizer": "adam",
    "penalties": [],
    "augment": [],
    "penalty_every": 1,
    "classes": 0,
    "attention": 0,
    "unrolled": 0,
    "d_steps": 1,
    "ema_images": 0,
    "feature_matching": 0.0,
    "hybrid": 0.0,
    "clip": 0.0,
    "flip_labels": 0.0,
    "replay": 0.0,
    "style_mixing": 0.0,
    "ada_target": 0.0,
    "d_noise": 0.0,
    "d_dropout": 0.0,
    "g_dropout": 0.0,
    "g_noise": 0.0,
    "g_lr": 2e-4,
    "d_lr": 2e-4,
    "sliced": False,
}
LOSSES = {
    "saturating": "minimax loss",
    "hinge": "hinge loss",
    "wasserstein": "Wasserstein loss",
    "least_squares": "least squares (LSGAN)",
    "pearson": "least squares (Pearson)",
    "relativistic": "relativistic loss",
    "began": "BEGAN",
}
PENALTIES = {
    "gradient": "gradient penalty",
    "r1": "R1",
    "r2": "R2",
    "lecam": "LeCam",
    "real_smoothing": "label smoothing",
    "fake_smoothing": "label smoothing",
    "drift": "drift penalty",
    "reconstruction": "self-supervised D",
}
WRAPS = {"spectral": "spectral norm", "weight": "weight norm", "equalized": "equalized learning rate"}
NORMS = {"batch": "batch norm", "instance": "instance norm", "layer": "layer norm", "pixel": "pixel norm"}
NETWORKS = {"projected": "projected D", "projected_patch": "projected D, patches", "autoencoder": "autoencoder D"}
GENERATORS = {"fastgan": "FastGAN G", "resnet": "residual G", "stylegan2": "StyleGAN2 G"}
STATISTICS = {"minibatch_discrimination": "minibatch discrimination", "minibatch_stddev": "minibatch stddev"}
CONDITIONS = {"projection": "class projection", "classifier": "auxiliary classifier"}
INITS = {"orthogonal": "orthogonal init"}
LATENTS = {"uniform": "uniform z", "sphere": "z on a sphere"}
OUTPUTS = {"linear": "linear output"}
OPTIMIZERS = {"rmsprop": "RMSProp", "sgd": "SGD"}
GAME = {  # switches that are on where they are more than 0
    "feature_matching": "feature matching",
    "hybrid": "VAE/GAN",
    "sliced": "SAN",
    "clip": "weight clipping",
    "unrolled": "unrolled",
    "attention": "self-attention",
    "style_mixing": "style mixing",
}
DISTURBANCES = {
    "flip_labels": "flipped labels",
    "replay": "replay of old fakes",
    "d_noise": "instance noise",
    "d_dropout": "dropout in D",
    "g_dropout": "dropout in G",
    "g_noise": "noise in G",
}


def tricks(about: dict[str, Any]) -> list[str]:
    """Name the tricks in a passport, the most telling first; none where it holds no recipe."""
    written = about.get("recipe")
    if not isinstance(written, dict):
        return []
    recipe = {field: _like(plain, written.get(field)) for field, plain in PLAIN.items()}
    found = [*_pretrained(about.get("pretrained")), *(term for row in ROWS for term in row(recipe))]
    return list(dict.fromkeys(found))


def _like(plain: Any, value: Any) -> Any:
    """Return a value that has the type of the plain one, or the plain one."""
    if isinstance(plain, bool | str | list):
        return value if type(value) is type(plain) else plain
    return value if is_finite(value) else plain


def _pretrained(name: object) -> Iterator[str]:
    if isinstance(name, str) and name:
        yield f"pretrained: {name.split(',')[0][:NAME_LETTERS]}"


def _named(field: str, terms: dict[str, str]) -> Callable[[Recipe], Iterator[str]]:
    def row(recipe: Recipe) -> Iterator[str]:
        if recipe[field] in terms and recipe[field] != PLAIN[field]:
            yield terms[recipe[field]]

    return row


def _switched(terms: dict[str, str]) -> Callable[[Recipe], Iterator[str]]:
    return lambda recipe: (term for field, term in terms.items() if recipe[field] > 0)


def _wraps(recipe: Recipe) -> Iterator[str]:
    """Name what is wrapped around layers: once where both networks have it, otherwise with the network."""
    g, d = recipe["g_wrap"], recipe["d_wrap"]
    if g == d:
        yield from (WRAPS[one] for one in {g} if one in WRAPS)
        return
    yield from (f"{WRAPS[one]} in {network}" for one, network in ((d, "D"), (g, "G")) if one in WRAPS)


def _norms(recipe: Recipe) -> Iterator[str]:
    """Name the norms; batch norm in G is plain."""
    for field, network in (("d_norm", "D"), ("g_norm", "G")):
        if recipe[field] in NORMS and recipe[field] != PLAIN[field]:
            yield f"{NORMS[recipe[field]]} in {network}"


def _penalties(recipe: Recipe) -> Iterator[str]:
    names = {pair[0] for pair in recipe["penalties"] if isinstance(pair, list) and pair and isinstance(pair[0], str)}
    yield from (term for name, term in PENALTIES.items() if name in names)
    if recipe["penalty_every"] > 1 and names & PENALTIES.keys():
        yield "lazy regularization"


def _classes(recipe: Recipe) -> Iterator[str]:
    if recipe["classes"] > 0:
        yield "conditional"


def _augment(recipe: Recipe) -> Iterator[str]:
    names = {name for name in recipe["augment"] if isinstance(name, str)}
    if "diffusion" in names:
        yield "Diffusion-GAN"
    elif names and recipe["ada_target"] > 0:
        yield "ADA"
    elif names:
        yield "DiffAugment" if names <= DIFFAUGMENT else "augmentation"


def _pace(recipe: Recipe) -> Iterator[str]:
    if recipe["ema_images"] > 0:
        yield "EMA"
    if recipe["g_lr"] != recipe["d_lr"]:
        yield "TTUR"
    if recipe["d_steps"] > 1:
        yield f"{recipe['d_steps']:g} D steps"


ROWS: tuple[Callable[[Recipe], Iterator[str]], ...] = (
    _named("discriminator", NETWORKS),
    _named("loss", LOSSES),
    _penalties,
    _wraps,
    _switched(GAME),
    _named("d_statistic", STATISTICS),
    _classes,
    _named("condition", CONDITIONS),
    _augment,
    _named("generator", GENERATORS),
    _pace,
    _switched(DISTURBANCES),
    _norms,
    _named("init", INITS),
    _named("latent", LATENTS),
    _named("g_output", OUTPUTS),
    _named("g_optimizer", OPTIMIZERS),
    _named("d_optimizer", OPTIMIZERS),
)
