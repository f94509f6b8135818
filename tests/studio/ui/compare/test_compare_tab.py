"""What the Compare tab answers to its page, and to anybody else."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image

from studio.rendering.renderer import Priority, RenderRequest
from studio.ui.compare import tab as compare
from studio.ui.protocol import Answer
from studio.ui.services import Studio
from training.core import checkpoint
from training.core.pixels import to_cells
from training.core.tile import seed_tile

Ask = Callable[[str, Any], Answer]
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Path:
    root = tmp_path_factory.mktemp("checkpoints")
    for seed, (place, network) in enumerate(
        {
            "alpha": "fastgan",
            "beta": "dcgan",
            "run/steps/000001024": "dcgan",
            "run/steps/000002048": "dcgan",
            "run/000003000": "dcgan",
        }.items()
    ):
        make_vivid(root / place, seed=seed, network=network)
    return root


@pytest.fixture(scope="module")
def studio(root: Path) -> Studio:
    return Studio(root, CPU)


@pytest.fixture(scope="module")
def ask(studio: Studio) -> Ask:
    with gr.Blocks():
        part = compare.build(studio)
    functions = {function.__name__: function for function in part.server_fns}

    def ask(name: str, data: Any) -> Answer:
        answer: Answer = functions[name](data)
        json.dumps(answer, allow_nan=False)  # the page could not read anything else
        return answer

    return ask


@pytest.fixture(scope="module")
def hashes(studio: Studio) -> list[str]:
    return [str(entry.sha256) for entry in studio.catalog.entries()]


def request(hashes: list[str], seed: int = 5, **more: Any) -> Answer:
    return {"checkpoints": hashes, "seed": seed, "visitor": "me", **more}


def pixels(encoded: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))))


def test_a_run_is_listed_once_with_its_steps_and_everything_with_the_shape_of_its_latents(studio: Studio) -> None:
    listed = studio.list(steps=True).model_dump()["checkpoints"]
    assert [one["name"] for one in listed] == ["alpha", "beta", "run"]
    assert [len(one["steps"]) for one in listed] == [0, 0, 2]
    assert {(one["z_dim"], one["classes"]) for one in listed} == {(8, 0)}


def test_every_tile_is_the_one_that_explore_shows_in_any_order(ask: Ask, studio: Studio, hashes: list[str]) -> None:
    alone = [studio.renderer.tile(sha256, 5, "explore") for sha256 in hashes]
    before = studio.renderer.renders
    for order in ([0, 1, 2], [2, 0, 1], [1, 1, 0, 2, 2, 1]):
        tiles = ask("compare_tiles", request([hashes[index] for index in order]))["tiles"]
        assert [one["jpeg"] for one in tiles] == [base64.b64encode(alone[index].jpeg).decode() for index in order]
        assert [one["z_hash"] for one in tiles] == [alone[0].z_hash] * len(order)
    assert studio.renderer.renders == before


def test_truncation_is_explores_too(ask: Ask, studio: Studio, hashes: list[str]) -> None:
    (tile,) = ask("compare_tiles", request(hashes[:1], psi=0.5))["tiles"]
    assert tile["jpeg"] == base64.b64encode(studio.renderer.tile(hashes[0], 5, "me", psi=0.5).jpeg).decode()
    assert tile["jpeg"] != ask("compare_tiles", request(hashes[:1]))["tiles"][0]["jpeg"]
    assert tile["psi"] == 0.5


def test_a_log_that_grows_is_read_again(ask: Ask, root: Path, hashes: list[str]) -> None:
    log = root / "run" / "000003000" / "metrics.jsonl"
    for count in (1, 2):
        with log.open("a", encoding="utf-8") as file:
            file.write(f'{{"images": {count}, "seconds": 1, "d_loss": 1}}\n')
        assert len(ask("compare_facts", {"checkpoints": [hashes[2]]})["curves"][0]["images"]) == count


def test_curves_of_a_run_that_goes_on_are_those_of_its_own_log(ask: Ask, root: Path, hashes: list[str]) -> None:
    begun = ask("compare_curves", {"checkpoints": [hashes[2], hashes[0]]})
    assert (begun["followed"], begun["growing"]) == (False, False)
    log = root / "run" / "metrics.jsonl"
    try:
        for count in (1, 2):
            with log.open("a", encoding="utf-8") as file:
                file.write(f'{{"images": {3000 + count}, "seconds": 1, "d_loss": 1}}\n')
            grown = ask("compare_curves", {"checkpoints": [hashes[2], hashes[0]], "versions": begun["versions"]})
            assert (grown["followed"], grown["growing"]) == (True, True)
            assert grown["versions"] != begun["versions"]
            assert grown["curves"][0]["images"] == [3001, 3002][:count]
            assert grown["curves"][1] is None  # the other one is as it was
            assert ask("compare_facts", {"checkpoints": [hashes[2]]})["curves"][0]["images"] == [3001, 3002][:count]
            begun = grown
        still = ask("compare_curves", {"checkpoints": [hashes[2], hashes[0]], "versions": begun["versions"]})
        assert (still["curves"], still["versions"]) == ([None, None], begun["versions"])
        os.utime(log, (1, 1))
        assert not ask("compare_curves", {"checkpoints": [hashes[2]]})["growing"]
        log.unlink()
        log.symlink_to(root.parent / "outside.jsonl")
        assert not ask("compare_curves", {"checkpoints": [hashes[2]]})["followed"]
    finally:
        log.unlink()


def test_tiles_that_are_drawn_together_equal_those_drawn_alone(root: Path, hashes: list[str]) -> None:
    together, alone = Studio(root, CPU).renderer, Studio(root, CPU).renderer
    requests = [RenderRequest(sha256, seed) for seed in (3, 1) for sha256 in hashes]
    pictures = together.tiles(requests, "me", priority=Priority.COMPARE, lane="compare")
    for one, picture in zip(requests, pictures, strict=True):
        single = alone.tile(one.sha256, one.seed, "me")
        np.testing.assert_array_equal(picture.pixels, single.pixels)
        assert picture.jpeg == single.jpeg


def test_a_step_of_a_run_is_drawn_like_any_checkpoint(ask: Ask, root: Path, studio: Studio) -> None:
    step = studio.list(steps=True).model_dump()["checkpoints"][2]["steps"][0]
    assert step["images"] == 1002
    (tile,) = ask("compare_tiles", request([step["sha256"]]))["tiles"]
    exact = seed_tile(checkpoint.load(root / "run" / "steps" / "000001024").generator, 5)
    np.testing.assert_array_equal(studio.renderer.tile(tile["sha256"], 5, "me").pixels, exact)


def test_the_same_cell_of_all_comes_in_exact_pixels(ask: Ask, root: Path, hashes: list[str]) -> None:
    cells = ask("compare_cells", request(hashes[:2], cell=37))["cells"]
    for one, name in zip(cells, ("alpha", "beta"), strict=True):
        tile = seed_tile(checkpoint.load(root / name).generator, 5)
        np.testing.assert_array_equal(pixels(one["png"]), to_cells(tile, 16)[37])


def test_a_row_of_the_matrix_holds_one_seed_of_all(ask: Ask, hashes: list[str]) -> None:
    rows = [ask("compare_row", {"checkpoints": hashes, "visitor": "me", "seeds": [7, 3], "row": row}) for row in (0, 1)]
    assert [row["seed"] for row in rows] == [7, 3]
    for row in rows:
        assert [one["sha256"] for one in row["tiles"]] == hashes
        assert {one["seed"] for one in row["tiles"]} == {row["seed"]}
        assert len({one["z_hash"] for one in row["tiles"]}) == 1
        assert pixels(row["tiles"][0]["jpeg"]).shape == (160, 160, 3)


def test_facts_come_in_the_order_of_the_checkpoints(ask: Ask, root: Path, hashes: list[str]) -> None:
    log = root / "beta" / "metrics.jsonl"
    log.write_text('{"images": 32, "seconds": 1.5, "d_loss": 0.5, "alarms": ["stuck"]}\n', encoding="utf-8")
    facts = ask("compare_facts", {"checkpoints": [hashes[1], hashes[0]]})
    images = next(row for row in facts["settings"] if row["field"] == "about_images")
    assert (images["values"], images["differs"]) == (["1001", "1000"], True)
    assert facts["curves"][0]["quantities"] == {"d_loss": [0.5]}
    assert facts["curves"][0]["alarms"] == [{"images": 32, "seconds": 1.5, "name": "stuck"}]
    assert facts["curves"][1]["quantities"] == {}
    assert facts["scores"] == [[], []]


def test_settings_are_those_of_the_step_that_is_shown_and_curves_those_of_its_run(
    ask: Ask, studio: Studio, root: Path, hashes: list[str]
) -> None:
    log = root / "run" / "000003000" / "metrics.jsonl"
    log.write_text('{"images": 32, "seconds": 1.5, "d_loss": 0.5}\n', encoding="utf-8")
    step = studio.list(steps=True).model_dump()["checkpoints"][2]["steps"][0]
    facts = ask("compare_facts", {"checkpoints": [hashes[2]], "shown": [step["sha256"]]})
    images = next(row for row in facts["settings"] if row["field"] == "about_images")
    assert images["values"] == [str(step["images"])] != ["1004"]
    assert facts["curves"][0]["quantities"] == {"d_loss": [0.5]}


def test_a_log_that_links_out_of_the_catalog_is_not_read(ask: Ask, root: Path, hashes: list[str]) -> None:
    outside = root.parent / "outside.jsonl"
    outside.write_text('{"images": 32, "seconds": 1.5, "d_loss": 0.5}\n', encoding="utf-8")
    (root / "alpha" / "metrics.jsonl").symlink_to(outside)
    assert ask("compare_facts", {"checkpoints": hashes[:1]})["curves"][0]["images"] == []


ABSENT = "0" * 64
HERE = "of a checkpoint that is here"
HOSTILE: list[tuple[str, Any, str]] = [
    ("compare_tiles", None, "error_request"),
    ("compare_tiles", {"seed": 1}, "error_request"),
    ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": []}, "error_request"),
    ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": ABSENT}, "error_request"),
    ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": [ABSENT] * 7}, "error_too_many_tiles"),
    ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": ["../../etc/passwd"]}, "error_request"),
    ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": [{"a": 1}]}, "error_request"),
    ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": [ABSENT]}, "error_unknown_checkpoint"),
    ("compare_tiles", {"seed": 2**32, "visitor": "v", "checkpoints": [ABSENT]}, "error_seed"),
    ("compare_tiles", {"seed": True, "visitor": "v", "checkpoints": [ABSENT]}, "error_seed"),
    ("compare_tiles", {"seed": 1, "visitor": "v" * 1000, "checkpoints": [ABSENT]}, "error_request"),
    *(
        ("compare_tiles", {"seed": 1, "visitor": "v", "checkpoints": [ABSENT], "psi": psi}, "error_psi")
        for psi in (float("nan"), float("inf"), -0.1, 1.5, True, "1", None, [1])
    ),
    ("compare_row", {"checkpoints": [ABSENT], "visitor": "v"}, "error_request"),
    ("compare_row", {"checkpoints": [ABSENT] * 7, "seeds": [1], "row": 0, "visitor": "v"}, "error_too_many_tiles"),
    (
        "compare_row",
        {"checkpoints": [ABSENT], "seeds": list(range(7)), "row": 0, "visitor": "v"},
        "error_too_many_tiles",
    ),
    *(
        ("compare_row", {"checkpoints": [ABSENT], "seeds": [1], "row": row, "visitor": "v"}, "error_request")
        for row in (-1, 1, True, "0", None, 0.0)
    ),
    ("compare_row", {"checkpoints": [ABSENT], "seeds": ["x"], "row": 0, "visitor": "v"}, "error_seed"),
    *(
        ("compare_cells", {"checkpoints": [ABSENT], "seed": 1, "visitor": "v", "cell": cell}, "error_request")
        for cell in (-1, 100, True, "3", None)
    ),
    ("compare_nearest", {"checkpoints": [ABSENT], "seed": 1, "visitor": "v", "cell": 100}, "error_request"),
    ("compare_nearest", {"checkpoints": [ABSENT], "seed": "x", "visitor": "v", "cell": 3}, "error_seed"),
    ("compare_nearest", {"checkpoints": [ABSENT], "seed": 1, "visitor": "v", "cell": 3}, "error_no_data"),
    ("compare_facts", [], "error_request"),
    ("compare_facts", {"checkpoints": [ABSENT] * 50}, "error_too_many_tiles"),
    ("compare_facts", {"checkpoints": [ABSENT]}, "error_unknown_checkpoint"),
    *(
        ("compare_facts", {"checkpoints": [HERE], "shown": shown}, code)
        for shown, code in (
            ("", "error_request"),
            ([], "error_request"),
            ([HERE, HERE], "error_request"),
            ([ABSENT], "error_unknown_checkpoint"),
        )
    ),
]


@pytest.mark.parametrize(("name", "data", "code"), HOSTILE)
def test_a_hostile_request_gets_a_plain_error(
    ask: Ask, studio: Studio, hashes: list[str], name: str, data: Any, code: str
) -> None:
    before = studio.renderer.renders
    filled = json.loads(json.dumps(data).replace(HERE, hashes[0]))
    assert ask(name, filled)["error"]["code"] == code
    assert studio.renderer.renders == before


def test_the_size_that_is_refused_is_named(ask: Ask) -> None:
    answer = ask("compare_row", {"checkpoints": [ABSENT] * 3, "seeds": list(range(40)), "row": 0, "visitor": "v"})
    assert answer["error"]["values"] == {"checkpoints": 3, "seeds": 40}


def test_weights_as_last_trained_can_be_compared_and_have_no_scores_of_the_average(
    tmp_path: Path, make_vivid: Callable[..., Path]
) -> None:
    other = make_vivid(tmp_path / "other", seed=8)
    folder = make_vivid(tmp_path / "root" / "one")
    shutil.copy(other / checkpoint.WEIGHTS, folder / checkpoint.RAW_WEIGHTS)
    config = json.loads((folder / checkpoint.CONFIG).read_text(encoding="utf-8"))
    config["about"]["metrics"] = {"kid": 0.5, "fakes": 1000}
    (folder / checkpoint.CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with gr.Blocks():
        studio = Studio(tmp_path / "root", CPU)
        functions = {one.__name__: one for one in compare.build(studio).server_fns}
    (listed,) = studio.list().model_dump()["checkpoints"]
    hashes = [listed["sha256"], listed["raw"]]
    assert [len(one) for one in functions["compare_facts"]({"checkpoints": hashes})["scores"]] == [1, 0]
    tiles = functions["compare_tiles"](request(hashes))["tiles"]
    assert [one["sha256"] for one in tiles] == hashes
    assert tiles[0]["z_hash"] == tiles[1]["z_hash"]
    assert tiles[0]["jpeg"] != tiles[1]["jpeg"]


def test_stopping_a_matrix_calls_off_its_row_and_nothing_else(
    ask: Ask, studio: Studio, hashes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes: list[str] = []
    monkeypatch.setattr(studio.renderer, "tiles", lambda *_, lane, **more: lanes.append(lane) or [])
    ask("compare_row", {"checkpoints": hashes[:1], "seeds": [3], "row": 0, "visitor": "me"})
    called_off: list[tuple[str, str]] = []
    monkeypatch.setattr(studio.renderer, "call_off", lambda *claim: called_off.append(claim))
    assert ask("compare_stop", {"visitor": "me"}) == {}
    assert called_off == [("me", lanes[0])]
    assert ask("compare_stop", {"visitor": ["me"]})["error"]["code"] == "error_request"
