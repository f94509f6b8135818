from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import conv2d

from tests.clocks import Clock
from training import __main__ as cli
from training.core.checkpoint import tensor_bytes
from training.core.precision import Compute
from training.evaluation import against, bench
from training.evaluation.bench import Plan, Row, count_flops, cycle, measure, random_batch
from training.evaluation.plain_loop import BATCH, RESOLUTION, PlainLoop
from training.evaluation.profiling import dearest, operations
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs.trainer import Trainer

PROJECT = Path(__file__).parents[3]
CPU = torch.device("cpu")
TINY = {"resolution": 16, "g_width": 4, "d_width": 4, "batch": 4}
SETTINGS = ["--set", *(f"{name}={value}" for name, value in TINY.items())]
QUICK = ["--rounds", "2", "--seconds", "0.01", "--device", "cpu"]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain loop and the convolutions are too large for a test."""
    monkeypatch.setattr(bench, "PlainLoop", partial(PlainLoop, resolution=16, width=4))
    monkeypatch.setattr(bench, "CONVOLUTIONS", ((2, 4, 8), (2, 8, 4)))


def tiny(name: str, **changes: Any) -> Recipe:
    return replace(RECIPES[name], **{**TINY, **changes})


def plan(*names: str, **settings: Any) -> Plan:
    recipes = {name: tiny(name) for name in names}
    return Plan(**{"recipes": recipes, "device": CPU, "rounds": 3, "seconds": 2.0, **settings})


def rows(asked: Plan) -> dict[str, Row]:
    return {row.recipe: row for row in measure(asked, Clock(), quiet=True).rows}


def test_the_plain_loop_has_the_networks_of_the_course() -> None:
    loop, ours = PlainLoop(CPU), Trainer(RECIPES["course_sample"], 0, CPU)
    sizes = [sum(weight.numel() for weight in network.parameters()) for network in (loop.g, loop.d)]
    assert sizes == [7_247_107, 6_990_145]
    assert sizes == [sum(weight.numel() for weight in network.parameters()) for network in (ours.g, ours.d)]
    with torch.inference_mode():
        fakes = loop.g(torch.randn(2, 32, 1, 1))
        assert fakes.shape == (2, 3, RESOLUTION, RESOLUTION)
        assert fakes.abs().max() <= 1
        assert loop.d(fakes).shape == (2, 1, 1, 1)
    adam = loop.g_optimizer.defaults
    assert (BATCH, adam["lr"], adam["betas"]) == (25, 2e-4, (0.5, 0.999))


def test_an_image_of_the_plain_loop_costs_sixteen_gflop() -> None:
    loop = PlainLoop(torch.device("meta"))
    images = torch.zeros(2, 3, 128, 128, dtype=torch.uint8, device="meta")
    flops, _ = count_flops(partial(loop.step, images), 1)
    assert flops / 2e9 == pytest.approx(16.02, abs=0.01)


def test_a_step_of_the_plain_loop_trains_both_networks() -> None:
    torch.manual_seed(0)
    loop = PlainLoop(CPU, resolution=16, width=4)
    before = [weight.clone() for network in (loop.g, loop.d) for weight in network.parameters()]
    losses = loop.step(torch.randint(256, (4, 3, 16, 16), dtype=torch.uint8))
    after = [weight for network in (loop.g, loop.d) for weight in network.parameters()]
    assert torch.isfinite(torch.stack(losses)).all()
    assert not any(torch.equal(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_the_flops_of_a_convolution_are_those_worked_out_by_hand(precision: torch.dtype) -> None:
    images, weights = torch.ones(2, 3, 8, 8, dtype=precision), torch.ones(5, 3, 3, 3, dtype=precision)
    by_hand = 2 * (2 * 5 * 8 * 8) * (3 * 3 * 3)  # a multiplication and an addition for each weight of each output
    assert count_flops(lambda: conv2d(images, weights, padding=1), 3) == (3 * by_hand, precision)


def test_backwards_a_convolution_costs_twice_as_much() -> None:
    flops, _ = count_flops(lambda: bench.convolve(torch.ones(2, 4, 8, 8), torch.ones(4, 4, 3, 3)), 1)
    assert flops == 3 * 2 * (2 * 4 * 8 * 8) * (4 * 3 * 3)


@pytest.mark.parametrize(
    ("name", "changes", "steps"),
    [
        ("dcgan", {}, 1),
        ("wgan", {}, 5),
        ("stylegan2_light", {}, 16),
        ("r3gan", {"d_steps": 6}, 12),
    ],
)
def test_a_cycle_holds_every_kind_of_step(name: str, changes: dict[str, Any], steps: int) -> None:
    assert cycle(tiny(name, **changes)) == steps


def test_the_work_for_an_image_is_the_mean_over_a_cycle() -> None:
    lazy = {"r3gan": tiny("r3gan", penalty_every=2), "dcgan": tiny("dcgan", d_steps=2)}
    found = rows(plan(recipes=lazy, rounds=1))
    for name, recipe in lazy.items():
        step = partial(Trainer(recipe, 0, CPU).step, *random_batch(recipe))
        first, second = (count_flops(step, 1)[0] for _ in range(2))
        assert first != second
        assert found[name].gflop_per_image * 1e9 == pytest.approx((first + second) / 2 / recipe.batch)


def test_rates_and_ratios_follow_from_the_clock() -> None:
    asked = plan("dcgan", "wgan")
    asked = replace(asked, recipes={**asked.recipes, "half": tiny("dcgan", batch=2)})
    found = rows(asked)  # every timing takes one second by this clock, whatever it times
    assert found["plain loop"].images_per_second == bench.Spread(4 * BATCH, 4 * BATCH, 4 * BATCH)
    assert found["dcgan"].images_per_second.median == 4 * 4  # 2 warm-up steps a second: 4 in the 2 seconds of a round
    assert found["half"].images_per_second.median == 4 * 2
    assert found["wgan"].images_per_second.median == 5 * 4  # a whole cycle at least
    assert found["dcgan"].times_plain_loop == pytest.approx(16 / 100)
    peak = 2 * 3 * 2 * (2 * 8 * 4 * 4) * (8 * 9) / 1e9  # the larger convolution: 2 of them in a round
    assert found["dcgan"].share_of_peak == pytest.approx(16 * found["dcgan"].gflop_per_image / peak)
    assert {row.precision for row in found.values()} == {"float32"}


def test_every_second_round_goes_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []
    timed = [bench.Timed(lambda steps, name=name: taken.append(name) or 1.0, 1.0) for name in "abc"]
    bench._take_rounds(timed, 2, quiet=True)
    assert "".join(taken) == "abccba"
    assert [len(one.rates) for one in timed] == [2, 2, 2]


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    assert bench._ratio([2.0, 1.0, 30.0], [1.0, 1.0, 10.0]) == 2.0
    assert bench._spread([2.0, 1.0, 30.0]) == bench.Spread(2.0, 1.0, 30.0)


def test_made_up_pictures_are_always_the_same_and_have_classes_where_the_recipe_asks() -> None:
    (images,) = random_batch(tiny("dcgan"))
    assert (images.shape, images.dtype) == ((4, 3, 16, 16), torch.uint8)
    pictures, labels = random_batch(tiny("conditional"))
    assert torch.equal(pictures, images)
    assert (labels.shape, labels.dtype) == ((4,), torch.int64)
    assert labels.max() < 102


def test_a_trial_counts_all_but_the_first_step_and_weighs_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "TRIAL_SECONDS", 5.0)
    ticks = itertools.count(0.0, 2.0)  # so that each timing of a cycle takes 2 seconds
    recipe = tiny("dcgan")
    found = bench.trial(recipe, Compute(torch.device("cpu")), lambda: next(ticks))
    assert found.images_per_second == recipe.batch / 2.0
    assert next(ticks) == 2.0 * 2 * (1 + 3)  # a first step, and cycles until 5 seconds have passed
    trainer = Trainer(recipe, 0, torch.device("cpu"))
    weights = tensor_bytes([trainer.generator_state(), trainer.raw_state()])
    assert found.checkpoint_bytes > 2 * weights > 0


def test_json_is_one_document_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "dcgan", "conditional", *QUICK, *SETTINGS, "--json", "--profile"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["recipe"] for row in found["rows"]] == ["plain loop", "dcgan", "conditional"]
    assert found["rounds"] == 2
    assert found["peak"].keys() == {"float32"}
    plain, dcgan, _ = found["rows"]
    assert plain["times_plain_loop"] == 1.0
    assert plain["operations"] == []
    assert dcgan["images_per_second"]["low"] <= dcgan["images_per_second"]["median"]
    assert len(dcgan["operations"]) == bench.PROFILED
    assert dcgan["times_other"] is None


def test_a_recipe_without_its_package_is_left_out_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    small = ["--set", "resolution=64", "g_width=4", "d_width=4", "batch=2"]
    assert cli.main(["bench", "projected", "dcgan", *QUICK, *small]) == 0
    lines = capsys.readouterr().out.splitlines()
    (note,) = (line for line in lines if line.startswith("projected"))
    assert "run pip install timm, or choose a recipe without it." in note
    assert [line.split()[0] for line in lines[2:]] == ["recipe", "plain", "dcgan", "projected:"]


def test_by_default_the_recipes_of_the_benchmark_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Plan] = []
    monkeypatch.setattr(cli.bench, "measure", plans.append)
    monkeypatch.setattr(cli.bench, "table", str)
    assert cli.main(["bench", "--device", "cpu"]) == 0
    assert tuple(plans[0].recipes) == cli.benchmark.DEFAULT
    assert (plans[0].rounds, plans[0].seconds, plans[0].profiled) == (bench.ROUNDS, bench.SECONDS, 0)


def test_this_checkout_against_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "conditional", "wgan_gp", *QUICK, *SETTINGS, "--against", str(PROJECT)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].endswith("x other checkout")
    assert all(float(line.split()[-1]) > 0 for line in lines[4:6])
    assert len(lines) == 6


OLD_PLACES = {  # of the recipes and of the trainer
    "older": ("recipes.py", "run.py"),
    "old": ("recipes/presets.py", "runs/trainer.py"),
}


@pytest.fixture(params=OLD_PLACES)
def old(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A checkout whose recipes have fewer fields, and whose program prints something."""
    recipes, trainer = (tmp_path / "training" / place for place in OLD_PLACES[request.param])
    for folder in {tmp_path / "training", recipes.parent, trainer.parent}:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
    recipes.write_text(
        "class Recipe:\n"
        "    classes = 0\n"
        "    def __init__(self, summary, generator, discriminator, z_dim=128, resolution=128, flip=True, batch=25):\n"
        "        self.resolution, self.batch = resolution, batch\n"
        "RECIPES = {'any': Recipe('', '', '')}\n"
    )
    trainer.write_text(
        "class Run:\n"
        "    def __init__(self, recipe, seed, device):\n"
        "        print('chatter')\n"
        "    def step(self, images):\n"
        "        assert images.shape == (4, 3, 16, 16)\n"
    )
    return tmp_path


def test_an_older_checkout_is_told_only_what_is_not_the_default(old: Path) -> None:
    small = replace(RECIPES["course_sample"], resolution=16, batch=4)
    with against.Checkout(old, CPU) as checkout:
        assert checkout.seconds("plain", small, 2) >= 0.0
        with pytest.raises(against.CheckoutError, match=r"cannot train later: TypeError: .*'augment'\.$"):
            checkout.seconds("later", replace(small, augment=("color",)), 1)
        assert checkout.seconds("plain", small, 2) >= 0.0
        checkout._process.kill()
        checkout._process.wait()
        with pytest.raises(against.CheckoutError, match="has ended"):
            checkout.seconds("plain", small, 1)


def test_a_recipe_that_the_other_checkout_lacks_is_timed_alone(old: Path) -> None:
    result = measure(plan("dcgan", against=old), Clock(), quiet=True)
    assert result.rows[1].times_other is None
    assert "cannot train dcgan: TypeError" in result.notes["dcgan"]


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "dcgan", *QUICK, *SETTINGS, "--against", str(tmp_path)]) == 2
    assert (
        capsys.readouterr().err
        == f"error: {tmp_path} is no checkout of this project: it has no training/runs/trainer.py.\n"
    )


def event(name: str, start: float, microseconds: float, **details: Any) -> dict[str, Any]:
    return {"cat": "cpu_op", "ph": "X", "name": name, "tid": 1, "ts": start, "dur": microseconds, "args": details}


def test_an_operation_has_its_own_time_without_that_of_the_ones_it_calls() -> None:
    trace = [
        event("outer", 0.0, 100.0),
        event("inner", 10.0, 60.0),
        event("leaf", 20.0, 20.0),
        event("leaf", 200.0, 20.0),
    ]
    found = operations([{"ph": "M", "name": "process_name"}, *trace], 2)
    assert [(one.name, round(one.share * 120), one.calls) for one in found] == [
        ("outer", 40, 0.5),
        ("inner", 40, 0.5),
        ("leaf", 40, 1.0),
    ]


def test_one_call_that_had_to_wait_does_not_matter() -> None:
    trace = [event("same", 1000.0 * start, 900.0 if start == 1 else 10.0) for start in range(5)]
    (found,) = operations([*trace, event("other", 9000.0, 50.0)], 1)[:1]
    assert (found.seconds, found.share) == (pytest.approx(10e-6), pytest.approx(0.5))


def test_on_a_gpu_an_operation_has_the_time_of_its_kernels() -> None:
    trace = [event("convolution", 0.0, 5.0, **{"External id": 1}), event("add", 10.0, 50.0, **{"External id": 2})]
    kernels = [
        {"cat": "kernel", "ph": "X", "name": "cutlass", "tid": 7, "ts": 3.0, "dur": 30.0, "args": {"External id": one}}
        for one in (1, 1, 2)
    ]
    assert [(one.name, round(one.share, 3)) for one in operations([*trace, *kernels], 1)] == [
        ("convolution", 0.667),
        ("add", 0.333),
    ]


def test_the_inputs_that_cost_most_are_shown_with_their_memory_format() -> None:
    def call(start: float, microseconds: float, *inputs: tuple[list[int], list[int]]) -> dict[str, Any]:
        sizes, strides = zip(*inputs, strict=True)
        return event("op", start, microseconds, **{"Input Dims": list(sizes), "Input Strides": list(strides)})

    channels_last, contiguous = ([2, 3, 4, 4], [48, 1, 12, 3]), ([2, 3, 4, 4], [48, 16, 4, 1])
    expanded, plain = ([2, 3, 4, 4], [0, 0, 0, 0]), ([5], [1])
    (found,) = operations([call(0, 9, channels_last, contiguous, ([], [])), call(20, 1, plain)], 1)
    assert found.inputs == "2x3x4x4 NHWC, 2x3x4x4 NCHW"
    (found,) = operations([call(0, 9, expanded, plain, ([2, 3, 1, 1], [3, 1, 1, 1]))], 1)
    assert found.inputs == "2x3x4x4 strided, 5, 2x3x1x1"


def test_a_real_profile_finds_the_convolution() -> None:
    images, weights = torch.ones(4, 16, 32, 32), torch.ones(16, 16, 3, 3)
    (found,) = dearest(lambda: conv2d(images, weights, padding=1), 3, 1)
    assert "convolution" in found.name or "conv2d" in found.name
    assert found.calls == 1
    assert found.inputs.startswith("4x16x32x32 NCHW")
