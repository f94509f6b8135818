"""The weights of a generator that the program lightweight-gan saved, in our names.

Its file `model_N.pt` has a record `GAN` of all its networks: the names of the generator as last trained begin with
`G.`, those of its average with `GE.`. Its noise, which it draws anew for each picture, becomes one constant map a
layer, and its pictures, which are in 0 .. 1, are scaled to -1 .. 1 by the last convolution.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile

import torch
from torch import Tensor

from training.core.generators import GeneratorConfig, build_generator
from training.core.generators.lightweight_gan import SKIPPED, channels_of, cosines
from training.core.latents import SEED_LIMIT, latents

FIRST, LAST = "initial_conv.0.weight", "out_conv.weight"
FIRST_VERSION, ALIKE = "0.21.4", "0.21.3"  # the latter has the same shapes and doubles a side in another way
BLUR = (1.0, 2.0, 1.0)
MOST_BLOCKS = 100
DRIFT = 1e-3  # by which an average of constants may differ from them
NAMES = (  # of ours, by patterns of theirs; {} is the side that a block's map excites
    (r"initial_conv\.", "start."),
    (r"layers\.(\d\d?)\.0\.0\.net\.0\.", r"blocks.\1.doubling.0."),
    (r"layers\.(\d\d?)\.0\.2\.1\.", r"blocks.\1.convolution."),
    (r"layers\.(\d\d?)\.0\.3\.weight", r"blocks.\1.strength"),
    (r"layers\.(\d\d?)\.0\.4\.", r"blocks.\1.norm."),
    (r"layers\.(\d\d?)\.1\.to_k\.", "excitations.{}.weigh."),
    (r"layers\.(\d\d?)\.1\.net\.", "excitations.{}.gate."),
    (r"layers\.(\d\d?)\.2\.norm\.g", r"blocks.\1.attention.gain"),
    (r"layers\.(\d\d?)\.2\.norm\.b", r"blocks.\1.attention.bias"),
    (r"layers\.(\d\d?)\.2\.fn\.to_lin_q\.", r"blocks.\1.attention.far_queries."),
    (r"layers\.(\d\d?)\.2\.fn\.to_lin_kv\.net\.", r"blocks.\1.attention.far_keys_values."),
    (r"layers\.(\d\d?)\.2\.fn\.to_q\.", r"blocks.\1.attention.near_queries."),
    (r"layers\.(\d\d?)\.2\.fn\.to_kv\.", r"blocks.\1.attention.near_keys_values."),
    (r"layers\.(\d\d?)\.2\.fn\.to_out\.", r"blocks.\1.attention.mix."),
    (r"out_conv\.", "to_rgb."),
)
CONSTANT = re.compile(r"layers\.(\d\d?)\.(0\.1\.f|1\.dct_weights)")


def parts(record: Mapping[str, Tensor]) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield each generator of lightweight-gan in a record of weights, by what its names begin with; it may be empty."""
    for name in record:
        prefix = name.removesuffix(FIRST)
        if prefix != name and prefix + LAST in record:
            inner = {key.removeprefix(prefix): value for key, value in record.items() if key.startswith(prefix)}
            yield prefix.rstrip("."), inner


def is_generator(state: Mapping[str, Tensor]) -> bool:
    """Tell whether weights have the names of this program's generator."""
    return FIRST in state and LAST in state


def converted(state: Mapping[str, Tensor]) -> tuple[GeneratorConfig, dict[str, Tensor]]:
    """Return the config and the weights in our names, in float32.

    Raises ValueError with the reason for what is of an older version, has other colours, or fits no config.
    """
    names = {name: _our_name(name) for name in state if not CONSTANT.fullmatch(name)}
    odd = [name for name, ours in names.items() if not ours]
    if odd:
        raise ValueError(f"lightweight-gan has no layer {odd[0]!r:.80} from version {FIRST_VERSION} on")
    if _rows(state[LAST]) != 3:
        raise ValueError(f"its pictures have {_rows(state[LAST])} channels; 3 are wanted")
    config = _config(state)
    _check_names_and_shapes(config, {ours: (name, state[name]) for name, ours in names.items()})
    _check_constants(config, state)
    weights = {ours: _plain(state[name]) for name, ours in names.items()}
    weights |= {"to_rgb.weight": 2.0 * weights["to_rgb.weight"], "to_rgb.bias": 2.0 * weights["to_rgb.bias"] - 1.0}
    return config, weights | _noise(config)


def _our_name(theirs: str) -> str:
    """Return what we call a weight, or nothing for none of theirs."""
    for pattern, ours in NAMES:
        found = re.match(pattern, theirs)
        if found:
            excited = SKIPPED * _side(int(found[1])) if "{}" in ours else 0
            return str(found.expand(ours).format(excited)) + theirs[found.end() :]
    return ""


def _side(block: int) -> int:
    """Return the side of what a block gives."""
    return 8 << block


def _config(state: Mapping[str, Tensor]) -> GeneratorConfig:
    """Tell what kind of network it is by the shapes. Raises ValueError for what no config can have."""
    z_dim, after = _rows(state[FIRST]), [_rows(value) // 2 for value in _of_blocks(state, "0.2.1.weight")]
    if not after:
        raise ValueError("it has no blocks")
    resolution = _side(len(after) - 1)
    widths = [min(after[-1] * (resolution // _side(block)), after[0]) for block in range(len(after))]
    if after != widths:
        found, wanted = (", ".join(map(str, one)) for one in (after, widths))
        raise ValueError(f"its blocks have {found} channels; with {after[-1]} at the end {wanted} are wanted")
    return GeneratorConfig(
        network="lightweight_gan",
        z_dim=z_dim,
        resolution=resolution,
        width=after[-1],
        output="linear",
        most=after[0],
        doubling=_doubling(state, [z_dim, *after[:-1]]),
        excitation="frequency" if any(name.endswith(".dct_weights") for name in state) else "context",
        linear_attention=tuple(_side(b) // 2 for b in range(len(after)) if f"layers.{b}.2.fn.to_q.weight" in state),
    )


def _of_blocks(state: Mapping[str, Tensor], name: str) -> list[Tensor]:
    """Return the weights of this name of the first block, the second, and so on."""
    names = (f"layers.{block}.{name}" for block in range(MOST_BLOCKS))
    return [state[one] for one in takewhile(state.__contains__, names)]


def _doubling(state: Mapping[str, Tensor], before: list[int]) -> str:
    """Tell how a side is doubled: version 1.0 has other channels there than later ones, and earlier ones no weights."""
    between = [_rows(value) // 4 for value in _of_blocks(state, "0.0.net.0.weight")]
    return "nearest" if not between else "sub_pixel" if between == before else "sub_pixel_narrow"


def _check_names_and_shapes(config: GeneratorConfig, found: Mapping[str, tuple[str, Tensor]]) -> None:
    """Raise ValueError where weights, each with its name in the file, are not those of the config."""
    with torch.device("meta"):
        expected = build_generator(config).state_dict()
    wanted = {name: tuple(value.shape) for name, value in expected.items() if not name.endswith(".noise")}
    for ours, (theirs, value) in found.items():
        if ours not in wanted:
            raise ValueError(f"a network of its shapes has no {theirs!r:.80}")
        if tuple(value.shape) != wanted[ours]:
            raise ValueError(f"{theirs} has the shape {tuple(value.shape)}; {wanted[ours]} is wanted")
    missing = [ours for ours in wanted if ours not in found]
    if missing:
        raise ValueError(f"what becomes {missing[0]} is missing in it")


def _check_constants(config: GeneratorConfig, state: Mapping[str, Tensor]) -> None:
    """Raise ValueError for a blur or for waves that are not those of our layers."""
    for name, value in state.items():
        found = CONSTANT.fullmatch(name)
        if found is None:
            continue
        wanted, side = torch.tensor(BLUR, dtype=torch.float64), min(_side(int(found[1])), config.resolution)
        if name.endswith(".dct_weights"):
            wanted = cosines(channels_of(side, config), side)[None]
        if value.shape != wanted.shape or not torch.allclose(value.double(), wanted, rtol=DRIFT, atol=DRIFT * 1e-2):
            raise ValueError(f"{name} has not the values that lightweight-gan gives it")


def _plain(value: Tensor) -> Tensor:
    value = value.detach()
    return value.float() if value.is_floating_point() else value.long()


def _noise(config: GeneratorConfig) -> dict[str, Tensor]:
    """Draw the constant noise of each block, the same for all files: a stream of NumPy's that is frozen for ever."""
    drawn = ((block, _side(block)) for block in range((config.resolution // 8).bit_length()))
    return {f"blocks.{block}.noise": latents(SEED_LIMIT - side, side, side)[None] for block, side in drawn}


def _rows(value: Tensor) -> int:
    return value.shape[0] if value.dim() else 0
