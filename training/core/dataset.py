"""Images on disk -> one packed array -> batches, each from the count of images seen."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch import Tensor

from training.core.atomic_write import explained, written_file
from training.core.coded_error import CodedError
from training.core.folder_listing import listed
from training.core.labels import LABELS, LOST, Found, LabelsError, find_labels
from training.core.left_out import NAMED, is_read, left_out_kinds
from training.core.paths import cache_folder
from training.core.picture_limits import PictureCostError, open_picture
from training.core.pixels import Pixels

Tell: TypeAlias = Callable[[int, int], None]  # learns how many of how many are done
Labels: TypeAlias = npt.NDArray[np.int64]
FORMAT = "1"
UNLABELLED = -1
ARCHIVES = {".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"}
SOURCES = "a folder of pictures or a file that `python -m training pack` wrote is wanted"
HEADER = {"format", "source", "left_out", "sha256"}  # of a packed file
NOT_PHOTOGRAPHS = {"EPS", "PDF", "WMF"}  # drawings and documents; Pillow would start Ghostscript for the first
ANIMATIONS = {"GIF", "PNG", "WEBP"}
NAMED_LINES = 5  # of each kind of labels that are lost
MAX_PIXELS = 120_000_000  # of a photograph; telephones have up to 108 million
SECONDS = 60.0  # for one photograph, on a machine that reads many at once


class DataError(CodedError, ValueError):
    """The data cannot be used; the message says which and why, in one sentence."""


@dataclass(frozen=True)
class Packed:
    """What a packed file says of itself, read without its pixels."""

    file: Path
    count: int
    left_out: dict[str, str]
    source: str
    sha256: str
    new: bool = False
    labelled: int | None = None  # images with a label; None in a file of an older program
    lost: tuple[tuple[str, str], ...] = ()  # of the labels, as `find_labels` says it

    def lines(self) -> list[str]:
        """Say in lines of text how many pictures there are, which have labels, and what was left out."""
        lines = [f"{self.count:,} images {'written to' if self.new else 'found in'} {self.file}"]
        if self.labelled is not None:
            lines.append(f"labels for {self.labelled:,} of {self.count:,} pictures")
        for kind, called in LOST.items():
            lost = [what for known, what in self.lost if known == kind]
            lines += [f"{kind} {what}" for what in lost[:NAMED_LINES]]
            if len(lost) > NAMED_LINES:
                lines.append(f"{kind} {len(lost) - NAMED_LINES:,} more {called}")
        return lines + [f"left out: {name}: {reason}" for name, reason in self.left_out.items()]


@dataclass(frozen=True)
class Data:
    """Packed images in memory: `images` uint8 [N, 3, R, R], `labels` int64 [N] (-1: none), the pixels' SHA-256."""

    images: Tensor
    labels: Tensor
    sha256: str
    packed: Packed

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> Data:
        """Keep the images on `device`."""
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))

    def with_classes(self, classes: int) -> Data:
        """Return the same with labels 0 .. classes - 1, in the order of the numbers in `labels.csv`.

        Raises DataError unless every image has a label and there are as many as `classes`.
        """
        values, labels = torch.unique(self.labels, return_inverse=True)
        without = int((self.labels == UNLABELLED).sum())
        if without:
            raise DataError(f"{without} of {len(self)} images have no label; the recipe asks for one of each.")
        if len(values) != classes:
            raise DataError(f"The data have {len(values)} different labels; the recipe asks for {classes}.")
        return replace(self, labels=labels)

    def batch(self, seed: int, images_seen: int, size: int, rows: slice = slice(None)) -> tuple[Tensor, Tensor]:
        """Return the next `size` images after `images_seen`, uint8 [size, 3, R, R], and their labels [size].

        Each epoch is a shuffle of its own of all images. `rows` are those that are wanted of the batch.
        """
        count = len(self)
        epochs = range(images_seen // count, (images_seen + size - 1) // count + 1)
        order = torch.cat([_shuffle(seed, epoch, count) for epoch in epochs])
        start = images_seen % count
        chosen = order[start : start + size][rows].to(self.images.device)
        return self.images[chosen], self.labels[chosen]


@dataclass(frozen=True)
class Survey:
    """What is known of pictures before they are packed: how many there are, how many have a label, and the labels."""

    count: int
    labelled: int
    labels: frozenset[int]

    def check_classes(self, classes: int) -> None:
        """Raise DataError where no packing can bring as many labels as a recipe has `classes` (0: it asks for none).

        Pictures that cannot be read are still among those counted here, so that this refuses only what is certain.
        """
        if classes and not self.labelled:
            raise DataError(f"{self.count} of {self.count} images have no label; the recipe asks for one of each.")
        if classes and len(self.labels) < classes:
            raise DataError(f"The data have {len(self.labels)} different labels; the recipe asks for {classes}.")


def survey(path: Path) -> Survey:
    """Look at a folder of pictures or a packed file without reading a picture.

    Raises DataError where there is neither, the folder holds no picture, or its labels are damaged.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist; {SOURCES}.")
    if path.is_dir():
        sources = find_images(path)
        if not sources:
            raise _no_image(path, left_out_kinds(path, _readable()))
        labels = _labels(path, sources).labels
        return Survey(len(sources), len(labels), frozenset(labels.values()))
    return _survey_of_packed(path)


def _survey_of_packed(file: Path) -> Survey:
    if file.suffix.lower() in ARCHIVES:
        raise DataError(f"{file} is an archive; unpack it and give its folder.")
    packed = read_header(file)
    if packed is None:
        raise DataError(f"{file} is no file that `python -m training pack` wrote; {SOURCES}.")
    with safe_open(file, framework="np") as content:
        labels = content.get_tensor("labels")
    known = labels[labels != UNLABELLED]
    return Survey(packed.count, len(known), frozenset(known.tolist()))


def _no_image(folder: Path, left_out: dict[str, str]) -> DataError:
    words = "; ".join(f"{name}: {reason}" for name, reason in [*left_out.items()][:NAMED]) or "it is empty"
    return DataError(f"{folder} holds no image that can be used ({words}).", "no_picture", path=folder, words=words)


def _shuffle(seed: int, epoch: int, count: int) -> Tensor:
    return torch.randperm(count, generator=torch.Generator().manual_seed((seed << 24) + epoch))


def silent(_done: int, _total: int) -> None:
    """Tell nobody how far the packing is."""


def pack(folder: Path, file: Path, size: int = 128, tell: Tell = silent) -> Packed:
    """Pack a folder of images into one file, unless `file` holds just these already.

    Every image that Pillow reads, at any depth, is turned upright, centre-cropped to a square and resized (Lanczos) to
    `size` pixels. Images that cannot be used are named in `left_out` with the reason. Raises DataError where no
    image is left, `labels.csv` is damaged, or `file` is not one that this wrote. `tell` learns after each image how
    many of how many are read; what it raises ends the reading, and nothing is written.
    """
    check_target(file)
    sources = find_images(folder)
    found = _labels(folder, sources)
    kinds = left_out_kinds(folder, _readable())
    source = _fingerprint(folder, sources, (found.labels, found.lost, kinds), size)
    known = read_header(file)
    if known and known.source == source:
        return known
    results = _read_all(folder, sources, size, tell)
    images = {name: image for name, image in results.items() if not isinstance(image, str)}
    left_out = {name: reason for name, reason in results.items() if isinstance(reason, str)} | kinds
    if not images:
        raise _no_image(folder, left_out)
    labels = np.array([found.labels.get(name, UNLABELLED) for name in images], dtype=np.int64)
    labelled = int((labels != UNLABELLED).sum())
    packed = Packed(file, len(images), left_out, source, "", True, labelled, tuple(found.lost))
    return _write(packed, np.stack(list(images.values())), labels)


def check_target(file: Path) -> None:
    """Refuse to replace anything but what `pack` wrote, by this format or another, or an empty file.

    Raises DataError.
    """
    if file.is_dir():
        raise DataError(f"{file} is a folder; --out names a file.")
    if not file.exists():
        return
    if not file.is_file():
        raise DataError(f"{file} is a pipe, a socket or a device; --out names a file.")
    if not file.stat().st_size:
        return
    try:
        with safe_open(file, framework="np") as content:
            is_packed = (content.metadata() or {}).keys() >= HEADER
    except (OSError, SafetensorError):
        is_packed = False
    if not is_packed:
        raise DataError(f"{file} is there already and was not written by `pack`; give another name, or remove it.")


def find_images(folder: Path) -> list[Path]:
    """List the files below `folder` that Pillow may read, in the order of their names."""
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder." if folder.exists() else f"{folder} does not exist; {SOURCES}.")
    readable = _readable()
    return [folder / path for path in listed(folder).files if is_read(path, readable)]


def _readable() -> set[str]:
    """Return the endings of the names that Pillow may read."""
    formats = _formats()
    return {name for name, kind in Image.registered_extensions().items() if kind in formats}


def _formats() -> list[str]:
    """List what Pillow may take a file for, whatever the file is called."""
    Image.init()
    return sorted(Image.OPEN.keys() - NOT_PHOTOGRAPHS)


def _labels(folder: Path, sources: list[Path]) -> Found:
    try:
        return find_labels(folder, [path.relative_to(folder).as_posix() for path in sources])
    except LabelsError as error:
        raise DataError(str(error), error.why, **error.values) from error


def _fingerprint(folder: Path, sources: list[Path], beside: object, size: int) -> str:
    """Return the SHA-256 of everything that decides what is packed: names, sizes and times, not the contents."""
    digest = hashlib.sha256(json.dumps([FORMAT, size, beside]).encode())
    for path in sources:
        facts = path.stat()
        digest.update(json.dumps([str(path.relative_to(folder)), facts.st_size, facts.st_mtime_ns]).encode())
    return digest.hexdigest()


def _read_all(folder: Path, sources: list[Path], size: int, tell: Tell) -> dict[str, Pixels | str]:
    """Read images on all cores, by their names below `folder`."""
    results: dict[str, Pixels | str] = {}
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:  # here, because no thread has filters of its own
        warnings.simplefilter("ignore")
        try:
            for path, result in zip(sources, pool.map(lambda path: _read(path, size), sources), strict=True):
                results[path.relative_to(folder).as_posix()] = result
                tell(len(results), len(sources))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return results


def _read(path: Path, size: int) -> Pixels | str:
    """Return the pixels of an image, or the reason why it cannot be used."""
    try:
        with open_picture(path, _formats(), MAX_PIXELS, seconds=SECONDS) as image:
            if image.format in ANIMATIONS and getattr(image, "n_frames", 1) > 1:
                return f"an animation of {image.n_frames} pictures"  # type: ignore[attr-defined]
            square = _crop(_to_rgb(image)).resize((size, size), Image.Resampling.LANCZOS)
    except PictureCostError as error:
        return str(error)
    except Exception as error:  # a decoder may raise anything on a damaged file
        return "an empty file" if _is_empty(path) else f"{type(error).__name__}: {error}"
    return np.asarray(square)


def _is_empty(path: Path) -> bool:
    try:
        return path.is_file() and not path.stat().st_size
    except OSError:  # it has gone since the folder was listed
        return False


def _crop(image: Image.Image) -> Image.Image:
    """Cut the square in the middle."""
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _to_rgb(image: Image.Image) -> Image.Image:
    """Turn an image upright and into 8-bit RGB; what is transparent becomes white."""
    image.load()
    upright = ImageOps.exif_transpose(image)
    if upright.mode == "F":
        raise ValueError("floating-point pixels have no fixed range")
    if upright.mode.startswith("I"):
        upright = Image.fromarray((np.asarray(upright).clip(0, 65535) >> 8).astype(np.uint8))
    if upright.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in upright.info:
        upright = upright.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
    return upright.convert("RGB")


def _write(packed: Packed, images: Pixels, labels: Labels) -> Packed:
    file, digest = packed.file, hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    metadata = {"format": FORMAT, "source": packed.source, "left_out": json.dumps(packed.left_out), "sha256": digest}
    metadata |= {"labelled": json.dumps(packed.labelled), "lost": json.dumps(packed.lost)}
    file.parent.mkdir(parents=True, exist_ok=True)
    with explained(file, images.nbytes + labels.nbytes), written_file(file) as part:
        save_file({"images": images, "labels": labels}, part, metadata)
    return replace(packed, sha256=digest)


def read_header(file: Path) -> Packed | None:
    """Return what a packed file says of itself, or None where there is none of this format."""
    if not file.is_file():  # a pipe would be waited for
        return None
    try:
        with safe_open(file, framework="np") as content:
            about = content.metadata() or {}
            images, labels = (content.get_slice(name) for name in ("images", "labels"))
            count, side, *_ = images.get_shape()
            found = (about["format"], images.get_dtype(), images.get_shape(), labels.get_dtype(), labels.get_shape())
            if count < 1 or found != (FORMAT, "U8", [count, side, side, 3], "I64", [count]):
                return None
            lost = tuple((kind, what) for kind, what in json.loads(about.get("lost", "[]")))
            labelled = json.loads(about.get("labelled", "null"))
            left_out = json.loads(about["left_out"])
            return Packed(file, count, left_out, about["source"], about["sha256"], False, labelled, lost)
    except (OSError, SafetensorError, LookupError, ValueError):
        return None


def load(file: Path) -> Data:
    """Read a packed file into memory. Raises DataError."""
    packed = read_header(file)
    if packed is None:
        raise DataError(
            f"{file} is no file that `python -m training pack` wrote."
            if file.exists()
            else f"{file} does not exist; {SOURCES}."
        )
    tensors = load_file(file)
    return Data(tensors["images"].permute(0, 3, 1, 2), tensors["labels"], packed.sha256, packed)


def packed_in_cache(folder: Path, size: int) -> Path:
    """Return the file in the user's cache into which a folder is packed, whether it is there or not."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return cache_folder() / f"{name}-{size}.safetensors"


def open_data(path: Path, size: int, tell: Tell = silent) -> Data:
    """Load a packed file, or a folder of images by way of one in the user's cache. Raises DataError.

    `tell` learns how far the packing is, as that of `pack` does.
    """
    if path.is_dir():
        path = pack(path, packed_in_cache(path, size), size, tell).file
    data = load(path)
    if data.images.shape[-1] != size:
        raise DataError(f"{path} holds images of {data.images.shape[-1]} pixels; the recipe asks for {size}.")
    return data


def _missing_package(error: ImportError) -> str:
    package = (error.name or "").partition(".")[0]
    if package not in ("scipy", "torchvision") or not isinstance(error, ModuleNotFoundError):
        return f"The download needs torchvision and scipy, one of which cannot be imported: {error}."
    use = "reads the file of labels" if package == "scipy" else "fetches the pictures"
    return f"The download needs the package {package!r}, which {use} and is not installed: run pip install {package}."


def download(folder: Path) -> Path:
    """Fetch Oxford 102 Flowers (8,189 images, 345 MB) into `folder` and return the folder of its images.

    One archive holds the images of all three splits; `labels.csv` is written beside them. Raises DataError.
    """
    try:
        from scipy.io import loadmat
        from torchvision.datasets import Flowers102

        for split in ("train", "val", "test"):
            Flowers102(str(folder), split=split, download=True)
        labels = loadmat(folder / "flowers-102" / "imagelabels.mat")["labels"][0]
    except ImportError as error:
        raise DataError(_missing_package(error)) from error
    except (OSError, RuntimeError) as error:
        raise DataError(f"Oxford 102 Flowers could not be downloaded to {folder}: {error}.") from error
    rows = "".join(f"image_{number:05d}.jpg,{label}\n" for number, label in enumerate(labels, start=1))
    images = folder / "flowers-102" / "jpg"
    (images / LABELS).write_text(f"file,label\n{rows}", encoding="utf-8")
    return images
