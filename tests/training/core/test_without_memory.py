from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from training.core.checkpoint import describe
from training.core.generators import GENERATORS, GeneratorConfig, build_generator
from training.core.without_memory import without_memory

PROJECT = Path(__file__).parents[3]
SHIPPED = PROJECT / "checkpoints"
SLOW = ("torch._dynamo", "torch._inductor", "sympy")
NETWORKS = [GeneratorConfig(network=name, resolution=16, width=2, z_dim=8) for name in GENERATORS]


@pytest.mark.parametrize("config", [*NETWORKS, *(replace(one, classes=3) for one in NETWORKS)], ids=str)
def test_a_network_has_the_names_shapes_and_types_of_one_with_memory_and_draws_nothing(config: GeneratorConfig) -> None:
    before = torch.get_rng_state()
    with without_memory():
        found = build_generator(config).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    wanted = build_generator(config).state_dict()
    assert all(value.is_meta for value in found.values())
    assert {name: (value.shape, value.dtype) for name, value in found.items()} == {
        name: (value.shape, value.dtype) for name, value in wanted.items()
    }


def test_loading_and_counting_any_shipped_checkpoint_loads_no_compiler() -> None:
    folders = sorted(path.parent for path in SHIPPED.glob("*/config.json"))
    assert any(describe(folder).config.classes for folder in folders)
    program = (
        "import sys; from pathlib import Path; from training.core import checkpoint, operations\n"
        "for folder in map(Path, sys.argv[1:]):\n"
        "    operations.operations_bound(checkpoint.load(folder).config)\n"
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, *map(str, folders)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.strip() == "[]"


def test_outside_of_it_values_are_drawn_as_ever() -> None:
    with without_memory():
        inside = torch.nn.Embedding(2, 3).weight
    torch.manual_seed(0)
    outside = torch.nn.Embedding(2, 3).weight
    assert inside.is_meta
    assert not outside.is_meta
    assert float(outside.detach().std()) > 0.1
