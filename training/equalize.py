"""Give a generator a last filter that brings the power of its pictures, frequency by frequency, to that of real ones.

What a generator paints too strongly, such as a grid, or colour in fine detail, its training hardly notices
(`evaluation.spectrum`). Of all maps between two stationary Gaussian fields, the one that moves pictures least
multiplies each frequency by the square root of the ratio of their powers (optimal transport, Gelbrich 1990). That map,
taken channel by channel in opponent colours, is approached by a kernel of a few pixels. It knows no content and is the
same for every picture, so a seed still gives one tile, and the filter is part of the checkpoint.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from training.core import atomic_write, checkpoint, paths
from training.core.checkpoint import Checkpoint, CheckpointError
from training.core.dataset import Data
from training.core.generators import GeneratorConfig
from training.core.generators.equalizer import OPPONENT, WEIGHT
from training.core.latents import latents
from training.core.pixels import to_float
from training.core.tile import draw, seed_labels
from training.core.training_log import METRICS
from training.evaluation.feature_extractors import Embedder, check_judge
from training.evaluation.score_checkpoints import FEATURES
from training.evaluation.scores import check_count, measure, score
from training.evaluation.spectrum import grids
from training.publish import PUBLISHED
from training.runs.checkpoint_writer import SMALL_PREVIEW, check_card, check_target, halved, write_checkpoint
from training.runs.passport import check_passport

SIDE = 25  # pixels of a kernel
POWER = 1.12  # times that of the pictures: at 1, pictures are sharper and of fewer kinds (precision 0.69, recall 0.12)
FAKES = 1500
SEED = 1  # of the fakes to which the filter is fitted; scores are of seed 0
SCORED = 1000
BATCH = 100
QUIET = 0.25  # squared levels that are added to both powers: what lies below is rounding
GAINS = (0.05, 1.5)  # within which a frequency is multiplied
GRID_WEIGHT = 24.0  # of the frequencies of grids of 2 and 4 pixels, beside 1 of the others
CONTRAST_WEIGHT = 1e5  # of the mean, which must stay
LARGEST_WEIGHT = 100.0
RIDGE = 1e-6


def equalize(
    source: Path, target: Path, data: Data, embedder: Embedder, *, power: float = POWER, side: int = SIDE
) -> Checkpoint:
    """Write a published checkpoint of `source` with a filter behind its generator, scored anew, and return it.

    `power` is how strong fine detail is to be, as a multiple of that of the pictures, `side` that of the kernels in
    pixels, as in `GeneratorConfig`; in the features of `embedder` it is scored. Raises CheckpointError where the
    generator can have no filter, or has one already, and SameFamilyError as `score` does.
    """
    found = checkpoint.load(source)
    check_passport(source, found.about)
    check_card(source, found.about)
    check_judge(embedder.network, found.about["pretrained"])
    target = check_target(source, target, PUBLISHED.__contains__)
    config = _with_filter(found, side)
    check_count(len(data))
    reals = measure(data, embedder, paths.writable_cache_folder() / FEATURES)
    fakes = mean_power(_fakes(found))
    kernels = fit(mean_power(torch.split(data.images, BATCH)), fakes, power, side)
    state = halved({**found.generator.state_dict(), WEIGHT: kernels})
    filtered = {"side": side, "power": power, "data_sha256": data.sha256, "weights_sha256": found.sha256}
    about = {**found.about, "equalizer": filtered, "metrics": {}}
    with atomic_write.written_whole(target) as part:
        checkpoint.save(part, config, state, about)
        about["metrics"] = score(part, reals, SCORED, keep=False).to_dict()
        write_checkpoint(part, target.name, config, state, about, SMALL_PREVIEW)
        if (source / METRICS).is_file():
            shutil.copyfile(source / METRICS, part / METRICS)
    return checkpoint.load(target)


def _with_filter(found: Checkpoint, side: int) -> GeneratorConfig:
    """Return the config of a generator with a filter. Raises CheckpointError."""
    if found.config.equalizer:
        raise CheckpointError(f"{found.folder} has been equalized already; name the checkpoint that it came from.")
    if side >= 2 * (resolution := found.config.resolution):
        sizes = f"pictures of {resolution} x {resolution} are too small for a filter of {side} x {side} pixels"
        raise CheckpointError(f"{found.folder} cannot be equalized: {sizes}.")
    try:
        return replace(found.config, equalizer=side)
    except ValueError as error:
        raise CheckpointError(f"{found.folder} cannot be equalized: {error}") from error


def _fakes(found: Checkpoint) -> Iterable[Tensor]:  # -> uint8 [N, 3, R, R]
    generator = found.generator
    z, labels = latents(SEED, FAKES, generator.z_dim), seed_labels(generator, SEED, FAKES)
    for start in range(0, FAKES, BATCH):
        rows = slice(start, start + BATCH)
        pixels = draw(generator, z[rows], None if labels is None else labels[rows])
        yield torch.from_numpy(pixels).permute(0, 3, 1, 2)


@torch.inference_mode()
def mean_power(batches: Iterable[Tensor]) -> Tensor:  # uint8 [N, 3, R, R] each -> float64 [3, R, R]
    """Return the mean power of pictures at each frequency, in squared levels, channel by channel in opponent colours.

    The mean of each channel is taken off before a Hann window, as in `evaluation.spectrum.powers`.
    """
    total, count = torch.zeros(()), 0
    for pixels in batches:
        hann = torch.hann_window(pixels.shape[-1])
        window = hann[:, None] * hann
        colors = torch.einsum("ij,njyx->niyx", OPPONENT.float(), 127.5 * to_float(pixels))
        colors = (colors - colors.mean(dim=(2, 3), keepdim=True)) * window
        power = torch.fft.fft2(colors).abs().square().sum(dim=0).double()
        total, count = total + power / window.square().sum(), count + len(pixels)
    return total / count


def fit(reals: Tensor, fakes: Tensor, power: float, side: int) -> Tensor:  # [3, R, R] twice -> [3, 1, side, side]
    """Return the kernels whose gain is nearest to the root of `power` times reals over fakes, at each frequency.

    Each is symmetric about its middle, so that nothing is moved, and leaves the mean of a picture as it is. It has the
    least squares of the error in the output relative to the power that is wanted.
    """
    gains = ((power * reals + QUIET) / (fakes + QUIET)).sqrt().clamp(*GAINS)
    gains[:, 0, 0] = 1.0
    weights = (fakes / (power * reals + QUIET)).clamp(max=LARGEST_WEIGHT)
    weights = weights * (1.0 + GRID_WEIGHT * grids(reals.shape[-1]))
    weights[:, 0, 0] = CONTRAST_WEIGHT
    places, waves = _symmetric_waves(side, reals.shape[-1])
    kernels = torch.zeros(3, 1, side, side, dtype=torch.float64)
    for kernel, gain, weight in zip(kernels, gains.flatten(1), weights.flatten(1), strict=True):
        normal = waves.T @ (weight[:, None] * waves)
        ridge = RIDGE * weight.sum() * torch.eye(len(places), dtype=torch.float64)
        values = torch.linalg.solve(normal + ridge, waves.T @ (weight * gain))
        for (down, right), value in zip(places, values, strict=True):
            kernel[0, side // 2 + down, side // 2 + right] = kernel[0, side // 2 - down, side // 2 - right] = value
    return kernels.float()


def _symmetric_waves(side: int, resolution: int) -> tuple[list[tuple[int, int]], Tensor]:
    """Return half of a kernel's places, and the response at each frequency [R * R, places] of each with its mirror."""
    around = range(-(side // 2), side // 2 + 1)
    places = [place for place in itertools.product(around, around) if place >= (0, 0)]
    cycles = torch.fft.fftfreq(resolution, dtype=torch.float64)
    down, right = torch.tensor(places, dtype=torch.float64).T
    phase = cycles[:, None, None] * down + cycles[None, :, None] * right
    waves = torch.cos(2 * torch.pi * phase).flatten(0, 1)
    waves[:, [any(place) for place in places]] *= 2.0
    return places, waves
