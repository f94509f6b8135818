"""Checkpoints on disk: a config and weights to show, a state to resume, written whole or not at all.

A checkpoint is a folder with `config.json` (format, generator, about) and `model.safetensors`; training adds
`raw.safetensors` where the former is an average, `metrics.jsonl`, `preview.png`, a model card and the state to resume.
A run is a folder of checkpoints named by the
images they have seen; each is written under another name and moved into place as one step, so that a kill at any
moment leaves the previous checkpoint or the new one. Its folder `steps` keeps small checkpoints of earlier images, to
look back at; a resume never needs them.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from safetensors.torch import save_file
from torch import Tensor

from training.core.atomic_write import explained, give_usual_mode
from training.core.coded_error import CodedError
from training.core.generators import GeneratorConfig, GeneratorNetwork, build_generator
from training.core.generators.config import ChoiceError
from training.core.regular_file import open_regular
from training.core.without_memory import without_memory

FORMAT = 1
CONFIG = "config.json"
WEIGHTS = "model.safetensors"
RAW_WEIGHTS = "raw.safetensors"  # as last trained, where WEIGHTS are an average; optional to whoever reads
STATE = "state.pt"
FLOAT_TYPES = {torch.float16, torch.float32}
MAX_HEADER_BYTES = 1_000_000
MAX_CONFIG_BYTES = 1_000_000
PICKLES = (b"PK\x03\x04", b"\x80", b"\x1f\x8b")  # a zip as torch.save writes it, a bare pickle, either one compressed


class CheckpointError(CodedError, ValueError):
    """A checkpoint cannot be used; the message says which and why, in one sentence."""


@dataclass(frozen=True)
class Description:
    """What a checkpoint says of itself, read without its weights."""

    folder: Path
    config: GeneratorConfig
    about: dict[str, Any]

    @property
    def config_sha256(self) -> str:
        """Return the SHA-256 of the generator's config in canonical JSON."""
        return hashlib.sha256(canonical_json(self.config.to_dict()).encode()).hexdigest()

    @property
    def averaged(self) -> bool | None:
        """Tell whether WEIGHTS are an average over the last steps of the training; None where nothing says so."""
        recipe = self.about.get("recipe")
        images = recipe.get("ema_images") if isinstance(recipe, dict) else None
        return images > 0 if isinstance(images, int | float) and not isinstance(images, bool) else None


@dataclass(frozen=True)
class Checkpoint(Description):
    """A description with its generator, in eval mode and float32, and the SHA-256 of the file of weights.

    `raw` tells that the weights are those of RAW_WEIGHTS, as last trained.
    """

    generator: GeneratorNetwork
    sha256: str
    raw: bool = False


def canonical_json(value: object) -> str:
    """Write JSON in the one form that hashes are taken of: sorted keys, no spaces, plain UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def describe(folder: Path) -> Description:
    """Read the config of a checkpoint, without its weights. Raises CheckpointError."""
    path = folder / CONFIG
    values = _read_config(path)
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        found = values.get("format") if isinstance(values, dict) else None
        message = f"{path} has the format {found!r:.40}; this program reads format {FORMAT}."
        raise CheckpointError(message, "format", file=path, found=f"{found!r:.40}", known=FORMAT)
    about = values.get("about", {})
    if not isinstance(about, dict):
        raise CheckpointError(f"{path} has an `about` that is no record.", "about", file=path)
    try:
        return Description(folder, GeneratorConfig.from_dict(values.get("generator")), about)
    except (TypeError, ValueError) as error:
        message = f"{path} describes no generator of this program: {error}"
        if isinstance(error, ChoiceError):
            found = {"name": error.name, "value": error.value, "allowed": error.allowed}
            raise CheckpointError(message, "choice", file=path, **found) from error
        raise CheckpointError(message, "generator", file=path, words=error) from error


def _read_config(path: Path) -> Any:
    try:
        with open_regular(path) as file:
            text = file.read(MAX_CONFIG_BYTES + 1)
        if len(text) <= MAX_CONFIG_BYTES:
            return json.loads(text.decode())
    except FileNotFoundError as error:
        raise CheckpointError(f"{path.parent} has no {CONFIG}.", "no_config", folder=path.parent) from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}.", "unreadable", file=path) from error
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise CheckpointError(f"{path} cannot be read: {error}.", "json", file=path, **place) from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}.", "config", file=path) from error
    message = f"{path} is larger than {MAX_CONFIG_BYTES} bytes."
    raise CheckpointError(message, "config_size", file=path, limit=MAX_CONFIG_BYTES)


def load(folder: Path, weights: str = WEIGHTS) -> Checkpoint:
    """Load a checkpoint strictly, for drawing in float32 on the CPU; no code of the files is run.

    `weights` is WEIGHTS or RAW_WEIGHTS. Raises CheckpointError. The network is built without memory first, so that no
    config can ask for more than the file of weights holds.
    """
    description = describe(folder)
    generator, state, digest = _read(description, folder / weights)
    state = {name: value.to(_drawn_in(value), copy=True) for name, value in state.items()}
    generator.load_state_dict(state, assign=True)
    generator.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # a tenth to a sixth faster on a CPU
    return Checkpoint(folder, description.config, description.about, generator, digest, weights == RAW_WEIGHTS)


def examine(folder: Path, weights: str = WEIGHTS) -> str:
    """Return the SHA-256 of a file of weights that `load` would load; a list of many needs no more of each.

    Raises CheckpointError as `load` does.
    """
    return _read(describe(folder), folder / weights)[2]


def _read(description: Description, path: Path) -> tuple[GeneratorNetwork, dict[str, Tensor], str]:
    """Return the network without memory, the weights as the disk has them, checked, and the SHA-256 of their file."""
    with without_memory():
        generator = build_generator(description.config)
    expected = generator.state_dict()
    data = _read_weights(path, expected)
    try:
        state = load_safetensors(data)
    except SafetensorError as error:
        why = "pickle" if data.startswith(PICKLES) else "damaged"
        raise CheckpointError(f"{path} is damaged or no safetensors file: {error}.", why, file=path) from error
    _check_weights(path, state, expected)
    return generator, state, hashlib.sha256(data).hexdigest()


def _read_weights(path: Path, expected: dict[str, Tensor]) -> bytes:
    """Read a file of weights once, so that its hash is the hash of what is loaded."""
    largest = sum(value.nbytes for value in expected.values()) + MAX_HEADER_BYTES
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > largest:
                message = f"{path} is larger than the {largest} bytes that its config can need."
                raise CheckpointError(message, "weights_size", file=path, limit=largest)
            return file.read()
    except FileNotFoundError as error:
        missing = {"folder": path.parent, "file": path.name}
        raise CheckpointError(f"{path.parent} has no {path.name}.", "no_weights", **missing) from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error}.", "unreadable", file=path) from error


def _check_weights(path: Path, found: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    """Compare names, shapes and types with what the config asks for, and refuse values that are not finite."""
    if found.keys() != expected.keys():
        odd = ", ".join(sorted(found.keys() ^ expected.keys())[:3])
        message = f"{path} and its config disagree about the weights {odd}."
        raise CheckpointError(message, "weights_names", file=path, names=odd)
    for name, value in found.items():
        _check_weight(path, name, value, expected[name])


def _check_weight(path: Path, name: str, value: Tensor, expected: Tensor) -> None:
    shape, wanted = tuple(value.shape), tuple(expected.shape)
    if shape != wanted:
        message = f"{path} holds {name} in the shape {shape}; its config asks for {wanted}."
        raise CheckpointError(message, "weights_shape", file=path, name=name, shape=shape, wanted=wanted)
    types = FLOAT_TYPES if expected.is_floating_point() else {expected.dtype}
    if value.dtype not in types:
        allowed = _listed(types)
        message = f"{path} holds {name} as {value.dtype}; {allowed} is allowed."
        raise CheckpointError(message, "weights_type", file=path, name=name, type=value.dtype, allowed=allowed)
    if not _is_finite(value):
        message = f"{path} holds weights that are not finite: its training has diverged."
        raise CheckpointError(message, "not_finite", file=path)


def _is_finite(value: Tensor) -> bool:
    """Tell whether all values are finite; where they have a finite sum they are, and that is known much sooner."""
    return bool(value.sum(dtype=torch.float32).isfinite() or torch.isfinite(value).all())


def is_all_finite(value: object) -> bool:
    """Tell whether all numbers of a nested state are finite, those in its tensors and those beside them."""
    if isinstance(value, Tensor):
        return not value.is_floating_point() or bool(torch.isfinite(value).all())
    if isinstance(value, float):
        return math.isfinite(value)
    return all(map(is_all_finite, _parts(value)))


def _parts(value: object) -> Iterable[object]:
    """Return what a nested state is made of; nothing for a value."""
    return value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()


def _drawn_in(value: Tensor) -> torch.dtype:
    return torch.float32 if value.is_floating_point() else value.dtype


def _listed(types: set[torch.dtype]) -> str:
    return " or ".join(sorted(map(str, types)))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as hexadecimal digits."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(folder: Path, config: GeneratorConfig, state: dict[str, Tensor], about: dict[str, Any]) -> None:
    """Write the config and the weights of a generator into an existing folder. Raises OSError."""
    values = {"format": FORMAT, "generator": config.to_dict(), "about": about}
    (folder / CONFIG).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    save_weights(folder / WEIGHTS, state)


def save_weights(path: Path, state: dict[str, Tensor]) -> None:
    """Write the weights of a generator. Raises WriteError."""
    with explained(path, tensor_bytes(state)):
        save_file({name: value.contiguous() for name, value in state.items()}, path)
        give_usual_mode(path)


def save_state(folder: Path, state: dict[str, Any]) -> None:
    """Write the state to resume into an existing folder. Raises WriteError."""
    with explained(folder / STATE, tensor_bytes(state)):
        try:
            torch.save(state, folder / STATE)
        except RuntimeError as error:  # all that its archive says of a disk
            raise OSError(str(error)) from error


def tensor_bytes(value: object) -> int:
    """Return the bytes of all tensors of a nested state."""
    if isinstance(value, Tensor):
        return value.nbytes
    return sum(map(tensor_bytes, _parts(value)))


def on_cpu(value: Any) -> Any:
    """Copy all tensors of a nested state to the CPU."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: on_cpu(part) for key, part in value.items()}
    return type(value)(map(on_cpu, value)) if isinstance(value, list | tuple) else value


def load_state(folder: Path) -> dict[str, Any]:
    """Read the state to resume. Raises CheckpointError where it is missing or damaged."""
    path = folder / STATE
    try:
        state: dict[str, Any] = load_tensors(path)
    except FileNotFoundError as error:
        raise CheckpointError(f"{folder} has no {STATE}: it can be shown, not resumed.") from error
    except Exception as error:  # the reader of a damaged file may raise anything
        raise CheckpointError(f"{path} is damaged ({type(error).__name__}).") from error
    return state


def load_tensors(path: Path | str) -> Any:
    """Read a file of tensors and plain values that torch.save wrote; nothing in it is run."""
    return torch.load(path, map_location="cpu", weights_only=True)
