"""Make a generator that another program saved with torch.save one of our checkpoints.

Only tensors and plain values are read; a file that would run code is refused. Which network the weights are of is told
by the shapes of the layers, in the order in which they were defined: names do not matter. Two families are known so:

- `course`: the course's sample program. Transposed convolutions 4 x 4 with batch norm, and a convolution 3 x 3 at the
  end.
- `dcgan`: the generator of PyTorch's DCGAN tutorial (Radford et al. 2016, arXiv:1511.06434). The last transposed
  convolution makes the picture.

Shapes do not tell what stands between the layers: ReLU, a batch norm with the epsilon 1e-5 and a tanh at the end are
taken for granted, as both programs have them. A third, the generator of the program lightweight-gan, is known by the
names of its layers (`lightweight_weights`).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training import lightweight_weights
from training.core import atomic_write, checkpoint
from training.core.checkpoint import CheckpointError, load_tensors
from training.core.generators import GeneratorConfig, build_generator
from training.core.tile import seed_tile
from training.core.without_memory import without_memory
from training.lightweight_weights import ALIKE, FIRST_VERSION
from training.runs.checkpoint_writer import CARD, PREVIEW_SEED, SMALL_PREVIEW, check_target, save_preview

WRITTEN = {checkpoint.CONFIG, checkpoint.WEIGHTS, SMALL_PREVIEW, CARD}
DEEPEST = 3  # records within records in which a generator is looked for
WHOLE_FILE = "the whole file"
NAMED = 5  # entries that an error lists
NORM = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
ORIGINS = {
    "course": "the course's sample program",
    "dcgan": "PyTorch's DCGAN tutorial",
    "lightweight_gan": "the program lightweight-gan",
}
CARD_TEXT = """# {name}

A generator that another program trained: `{file}` (`{entry}`), converted. By its shapes its network is that of
{origin}. Nothing is known of its training.{more}

![The tile of seed 0]({preview})

The generator draws in float32 on the CPU; `{preview}` shows the tile of seed 0, as it came. Anybody can draw it
exactly:

```
python -m studio export checkpoints/{name} --seed 0 --out tile.png
```
"""
CARD_NOISE = """

That program adds noise that it draws anew for each picture. Here the noise of each layer is one map, the same for all
pictures, so that a seed gives one tile."""


class MisfitError(CheckpointError):
    """Weights are of no network that this program can build; the message says why, without a full stop."""


@dataclass(frozen=True)
class Converted:
    """A generator in our names: its config, its weights in float32, and the entry of the file that it was."""

    config: GeneratorConfig
    state: dict[str, Tensor]
    entry: str

    @property
    def origin(self) -> str:
        """Name the program whose network this is by its shapes."""
        return ORIGINS[self.config.network]


@dataclass(frozen=True)
class Layers:
    """The layers of a state, in the order in which they were defined; each by the last parts of its names."""

    convolutions: list[dict[str, Tensor]]
    norms: list[dict[str, Tensor]]


def convert(file: Path, target: Path, entry: str | None = None) -> Converted:
    """Write the generator of a file that torch.save wrote as a checkpoint, in float32, with a preview and a card.

    `entry` names the record of the file that is meant, such as `netG`; without it the only one that is a generator is
    taken; of lightweight-gan's generator and its average, the average. An older checkpoint is replaced, and nothing
    else. Raises CheckpointError, OSError.
    """
    target = check_target(file, target, WRITTEN.__contains__)
    found = read_generator(file, entry)
    about = {"converted": {"file": file.name, "sha256": checkpoint.file_sha256(file), "entry": found.entry}}
    with atomic_write.written_whole(target) as part:
        checkpoint.save(part, found.config, found.state, about)
        save_preview(seed_tile(checkpoint.load(part).generator, PREVIEW_SEED), part / SMALL_PREVIEW)
        more = CARD_NOISE if found.config.network == "lightweight_gan" else ""
        facts = {"file": file.name, "entry": found.entry, "origin": found.origin, "more": more}
        card = CARD_TEXT.format(name=target.name, preview=SMALL_PREVIEW, **facts)
        (part / CARD).write_text(card, encoding="utf-8")
    return found


def read_generator(file: Path, entry: str | None = None) -> Converted:
    """Read the generator of a file that torch.save wrote; nothing in the file is run.

    Raises CheckpointError with one sentence that says why a file holds none.
    """
    content = _read(file)
    states = dict(_states(content))
    if entry is not None and entry not in states:
        raise CheckpointError(f"{file} has no entry {entry!r} of weights; it has: {_listed(states)}.")
    wanted = {name: state for name, state in states.items() if entry in (None, name)}
    found, refused = _fitting(wanted)
    if entry is None:
        found = _without_averaged(found)
    if len(found) > 1:
        names = ", ".join(one.entry for one in found)
        raise CheckpointError(f"{file} holds several generators ({names}); name one with --entry.")
    if not found:
        reasons = "; ".join(refused[:NAMED]) or "it holds no weights"
        raise CheckpointError(f"{file} holds no generator that this program can draw with: {reasons}.")
    if found[0].config.doubling == "nearest" and isinstance(content, Mapping) and content.get("version") == ALIKE:
        raise CheckpointError(
            f"{file} is of lightweight-gan {ALIKE}, whose layers cannot be drawn here; "
            f"from version {FIRST_VERSION} on they can."
        )
    return found[0]


def _without_averaged(found: list[Converted]) -> list[Converted]:
    """Leave out each generator of lightweight-gan whose average, which has an E more in its name, is there."""
    names = {one.entry for one in found if one.config.network == "lightweight_gan"}
    return [one for one in found if one.entry not in names or f"{one.entry}E" not in names]


def _fitting(states: Mapping[str, dict[str, Tensor]]) -> tuple[list[Converted], list[str]]:
    """Return the generators among the entries of a file, and of each other entry why it is none."""
    found, refused = [], []
    for name, state in states.items():
        try:
            found.append(Converted(*_converted(state), name))
        except (MisfitError, ValueError) as error:
            refused.append(f"{name}: {str(error).rstrip('.')}")
    return found, refused


def _read(file: Path) -> object:
    """Return the tensors and plain values of a file. Raises CheckpointError."""
    if not file.is_file():
        raise CheckpointError(f"There is no file {file}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about pickles of a kind that torch.save does not write
            return load_tensors(file)
    except Exception as error:  # the reader of a damaged file may raise anything
        raise CheckpointError(f"{file} cannot be converted: {_why_unread(error)}.") from error


def _why_unread(error: Exception) -> str:
    objects = re.search(r"(?:GLOBAL|class) ([A-Za-z_]\w*(?:\.\w+)+)", str(error))
    if objects:
        return (
            f"it holds a Python object ({objects[1]}), which could run code, so nothing of it was read; save the "
            "generator's state_dict() alone"
        )
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "it is damaged, or torch.save did not write it"


def _states(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield each record of tensors within nested records, by its name with dots; the outermost is WHOLE_FILE.

    One of several networks of lightweight-gan is yielded as its generators alone.
    """
    if not isinstance(value, Mapping) or depth > DEEPEST:
        return
    tensors = {key: one for key, one in value.items() if isinstance(key, str) and isinstance(one, Tensor)}
    parts = dict(lightweight_weights.parts(tensors))
    for part, state in parts.items():
        yield ".".join(filter(None, (name, part))) or WHOLE_FILE, state
    if tensors and not parts:
        yield name or WHOLE_FILE, tensors
    for key, inner in value.items():
        yield from _states(inner, f"{name}.{key}" if name else str(key), depth + 1)


def _converted(state: dict[str, Tensor]) -> tuple[GeneratorConfig, dict[str, Tensor]]:
    """Return the config and the weights in our names. Raises MisfitError, or ValueError from the config."""
    if lightweight_weights.is_generator(state):
        config, weights = lightweight_weights.converted(state)
    else:
        config, weights = _by_shapes(state)
    if not checkpoint.is_all_finite(weights):
        raise MisfitError("its weights are not finite: its training has diverged")
    return config, {name: value.clone() for name, value in weights.items()}  # a file may share what it holds


def _by_shapes(state: dict[str, Tensor]) -> tuple[GeneratorConfig, dict[str, Tensor]]:
    """Return the config and the weights of a network whose layers are told by their shapes, in their order."""
    layers = _layers(state)
    _check_chain(layers)
    config = _config(layers.convolutions)
    weights = _course(layers) if config.network == "course" else _dcgan(layers)
    _check_shapes(config, weights)
    return config, weights


def _layers(state: dict[str, Tensor]) -> Layers:
    """Sort the weights into convolutions and norms. Raises MisfitError for what is neither."""
    groups: dict[str, dict[str, Tensor]] = {}
    for name, value in state.items():
        prefix, _, leaf = name.rpartition(".")
        groups.setdefault(prefix, {})[leaf] = value.detach()
    convolutions = [one for one in groups.values() if _is_convolution(one)]
    norms = [one for one in groups.values() if _is_norm(one)]
    odd = [name for name, one in groups.items() if not _is_convolution(one) and not _is_norm(one)]
    if odd:
        raise MisfitError(f"{odd[0] or next(iter(groups[odd[0]]))} is neither a convolution nor a batch norm")
    return Layers(convolutions, norms)


def _is_convolution(layer: dict[str, Tensor]) -> bool:
    return "weight" in layer and layer.keys() <= {"weight", "bias"} and layer["weight"].dim() == 4


def _is_norm(layer: dict[str, Tensor]) -> bool:
    return layer.keys() in (NORM, NORM - {"num_batches_tracked"}) and layer["weight"].dim() == 1


def _check_chain(layers: Layers) -> None:
    """Refuse layers that do not make a picture of three colours one after the other."""
    convolutions, norms = layers.convolutions, layers.norms
    if len(convolutions) < 3 or len(norms) != len(convolutions) - 1:
        raise MisfitError(
            f"it has {len(convolutions)} convolutions and {len(norms)} batch norms; three or more are wanted, with a "
            "batch norm behind each but the last"
        )
    *ups, last = (tuple(layer["weight"].shape) for layer in convolutions)
    if any(up[2:] != (4, 4) for up in ups) or last[2:] not in ((3, 3), (4, 4)):
        raise MisfitError("its convolutions are not 4 x 4, the last one 3 x 3 or 4 x 4")
    outputs = [up[1] for up in ups]
    inputs = [*(up[0] for up in ups[1:]), last[1] if last[2] == 3 else last[0]]
    colours = last[0] if last[2] == 3 else last[1]
    if inputs != outputs or [len(norm["weight"]) for norm in norms] != outputs:
        raise MisfitError("its layers do not take what the ones before them give")
    if colours != 3:
        raise MisfitError(f"its pictures have {colours} channels; 3 are wanted")


def _config(convolutions: list[dict[str, Tensor]]) -> GeneratorConfig:
    """Tell network, z, resolution and width by the shapes. Raises ValueError for what no config can have."""
    shapes = [tuple(layer["weight"].shape) for layer in convolutions]
    is_course = shapes[-1][2] == 3
    resolution = 4 * 2 ** (len(shapes) - (2 if is_course else 1))
    network = "course" if is_course else "dcgan"
    return GeneratorConfig(network=network, z_dim=shapes[0][0], resolution=resolution, width=shapes[-2][1])


def _course(layers: Layers) -> dict[str, Tensor]:
    """Return the weights of a course generator; a bias that is absent is zero."""
    *ups, last = layers.convolutions
    weights = _blocks(ups, layers.norms)
    weights |= {f"blocks.{index}.0.bias": _bias(up, up["weight"].shape[1]) for index, up in enumerate(ups)}
    return weights | {"to_rgb.weight": last["weight"].float(), "to_rgb.bias": _bias(last, 3)}


def _dcgan(layers: Layers) -> dict[str, Tensor]:
    """Return the weights of a DCGAN generator, whose convolutions have no bias.

    One before a batch norm is the same as a mean that is lower by it. Raises MisfitError for one at the end.
    """
    *ups, last = layers.convolutions
    if _bias(last, 3).any():
        raise MisfitError("its last transposed convolution has a bias, which this program's has not")
    norms = [
        norm | {"running_mean": norm["running_mean"].float() - _bias(up, len(norm["weight"]))}
        for up, norm in zip(ups, layers.norms, strict=True)
    ]
    return _blocks(ups, norms) | {"to_rgb.weight": last["weight"].float()}


def _blocks(ups: list[dict[str, Tensor]], norms: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = {}
    for index, (up, norm) in enumerate(zip(ups, norms, strict=True)):
        weights[f"blocks.{index}.0.weight"] = up["weight"].float()
        counted = {"num_batches_tracked": torch.tensor(0)} | norm
        weights |= {f"blocks.{index}.1.{name}": _plain(value) for name, value in counted.items()}
    return weights


def _plain(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value.long()


def _bias(layer: dict[str, Tensor], channels: int) -> Tensor:
    return layer["bias"].float() if "bias" in layer else torch.zeros(channels)


def _check_shapes(config: GeneratorConfig, weights: dict[str, Tensor]) -> None:
    """Refuse widths that no config has."""
    with without_memory():
        expected: dict[str, Any] = build_generator(config).state_dict()
    for name, value in weights.items():
        if value.shape != expected[name].shape:
            raise MisfitError(_widths(config, weights, expected))


def _widths(config: GeneratorConfig, weights: dict[str, Tensor], expected: dict[str, Tensor]) -> str:
    names = [name for name in expected if re.fullmatch(r"blocks\.\d+\.0\.weight", name)]
    found, wanted = ([state[name].shape[1] for name in names] for state in (weights, expected))
    return (
        f"its layers have {_numbers(found)} channels; with {config.width} at the end this program's generator "
        f"{config.network!r} has {_numbers(wanted)}"
    )


def _numbers(values: list[int]) -> str:
    return ", ".join(map(str, values))


def _listed(states: Mapping[str, object]) -> str:
    return ", ".join([*states][:NAMED]) or "none"
