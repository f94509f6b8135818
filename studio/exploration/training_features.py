"""The real pictures that a drawn one is held against: read row by row, and the features in which they are compared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.core.atomic_write import written_file
from training.core.dataset import DataError, Packed, Tell, pack, read_header
from training.core.imagenet_features import NAME, EfficientNetFeatures, MissingPackageError
from training.core.paths import cache_folder, writable_cache_folder
from training.core.pixels import to_float

SIDE = 128  # to which a folder is packed
BLURRED = 32  # side to which a picture is shrunk first: a blurred or compressed copy is still a copy
SEEN = 64  # side at which the network looks at it
BATCH = 8  # the fastest on a CPU, and little enough that whoever else draws hardly notices
COARSE = 16  # side of the picture whose pixels are compared as well, and alone where no network is installed


@dataclass(frozen=True)
class Pictures:
    """A packed file of real pictures; only the rows that are asked for are in memory."""

    file: Path
    count: int
    sha256: str

    def rows(self, start: int, stop: int) -> Tensor:  # -> uint8 [stop - start, 3, S, S]
        """Return some pictures. Raises DataError where the file has gone or changed."""
        try:
            with safe_open(self.file, framework="pt") as content:
                found: Tensor = content.get_slice("images")[start:stop]
        except Exception as error:  # safetensors raises its own kinds for each kind of damage
            message = f"{self.file.name} can no longer be read."
            raise DataError(message, "data_lost", file=self.file.name) from error
        return found.permute(0, 3, 1, 2)


@dataclass(frozen=True)
class FeatureExtractor:
    """How pictures are compared: its name, for people and for a file name, and the function from pictures to features.

    `see` takes uint8 [N, 3, S, S] of any side and returns float32 [N, D].
    """

    name: str
    key: str
    see: Callable[[Tensor], Tensor]


def open_pictures(path: Path, tell: Tell = lambda _done, _total: None) -> Pictures:
    """Open a packed file, or a folder of pictures by way of a packed one in the user's cache. Raises DataError.

    `tell` learns how a folder is being read, as that of `pack` does.
    """
    if path.is_dir():
        name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
        packed = _packed(path, f"{name}-{SIDE}.safetensors", tell)
    else:
        found = read_header(path)
        if found is None:
            message = f"{path} is neither a folder of pictures nor a file that `python -m training pack` wrote."
            raise DataError(message, "no_data", path=path)
        packed = found
    return Pictures(packed.file, packed.count, packed.sha256)


def _packed(folder: Path, name: str, tell: Tell) -> Packed:
    """Pack a folder into the cache; into a temporary folder where only reading is possible there, and it is absent."""
    kept = cache_folder() / name
    known = read_header(kept) if kept.is_file() else None
    try:
        return pack(folder, kept if known else writable_cache_folder() / name, SIDE, tell)
    except OSError:
        if writable_cache_folder() == kept.parent:
            raise
        return pack(folder, writable_cache_folder() / name, SIDE, tell)


def open_feature_extractor() -> FeatureExtractor:
    """Return the network of the extra `projected` where it is installed, otherwise a comparison of coarse pixels."""
    try:
        network = EfficientNetFeatures()
    except (MissingPackageError, OSError):
        return FeatureExtractor(f"pixels at {COARSE} x {COARSE}", "pixels", _coarse_pixels)
    return FeatureExtractor(
        f"{NAME}; and pixels at {COARSE} x {COARSE}",
        f"efficientnet-lite0-{SEEN}",
        lambda images: _deep_features(network, images),
    )


@torch.inference_mode()
def _deep_features(network: EfficientNetFeatures, images: Tensor) -> Tensor:
    """Put together what the network sees, averaged over the picture, and coarse pixels; each part has length one.

    A blurred or compressed copy moves further in the deep features of the sharp picture than two flowers differ; in
    those of the shrunk one it does not.
    """
    small = _at_side(images, BLURRED)
    maps = network(F.interpolate(small, size=(SEEN, SEEN), mode="bilinear", antialias=True, align_corners=False))
    parts = [F.normalize(features.mean(dim=(2, 3)), dim=1) for features in maps[1:3]]
    return torch.cat([*parts, _coarse_pixels(images)], dim=1)


def _coarse_pixels(images: Tensor) -> Tensor:
    """Return the pixels of the shrunk picture less their mean, as a vector of length one."""
    pixels = _at_side(images, COARSE).flatten(1)
    return F.normalize(pixels - pixels.mean(dim=1, keepdim=True), dim=1)


def _at_side(images: Tensor, side: int) -> Tensor:  # uint8 [N, 3, S, S] -> float32 [N, 3, side, side] in [-1, 1]
    scaled = to_float(images)
    if images.shape[-1] == side:
        return scaled
    return F.interpolate(scaled, size=(side, side), mode="bilinear", antialias=True, align_corners=False)


def known_features(pictures: Pictures, extractor: FeatureExtractor) -> Tensor | None:  # -> [count, D]
    """Return the features of these pictures if they were kept by an earlier call of `keep_features`."""
    try:
        features = load_file(_kept(pictures, extractor))["features"]
    except Exception:  # absent, damaged or from another program: they are made again
        return None
    return features if features.dim() == 2 and len(features) == pictures.count else None


def keep_features(pictures: Pictures, extractor: FeatureExtractor, features: Tensor) -> None:
    """Keep features in the user's cache, whole or not at all."""
    file = writable_cache_folder() / _kept(pictures, extractor).name
    file.parent.mkdir(parents=True, exist_ok=True)
    with written_file(file) as part:
        save_file({"features": features.contiguous()}, part)


def _kept(pictures: Pictures, extractor: FeatureExtractor) -> Path:
    return cache_folder() / f"features-{extractor.key}-{pictures.sha256[:16]}.safetensors"


def features_of(pictures: Pictures, extractor: FeatureExtractor) -> Iterator[Tensor]:
    """Yield the features of all pictures, some at a time."""
    for start in range(0, pictures.count, BATCH):
        yield extractor.see(pictures.rows(start, min(start + BATCH, pictures.count)))
