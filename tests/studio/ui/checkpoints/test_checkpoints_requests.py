"""What the panel of checkpoints answers: small pictures, a checkpoint in pieces, and nothing to a hostile request."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from PIL import Image

from studio.checkpoints.uploads import MOST_A_MINUTE_OF_ONE, PIECE_BYTES
from studio.race.verification import verify
from studio.ui.checkpoints import panel as checkpoints
from studio.ui.checkpoints.panel import piece_taker
from studio.ui.export.messages import ExportRequest
from studio.ui.export.tab import tile_file
from studio.ui.protocol import Answer
from studio.ui.services import Studio
from tests.tabs import Functions, functions_of, known_fields
from training.core.checkpoint import file_sha256

Call = Callable[..., Answer]
Make = Callable[..., Path]
CPU = torch.device("cpu")
TOO_DEAR, SIZE = "error_add_operations", "error_add_size"
SECRET, STRANGER = "0123456789abcdef" * 2, "fedcba9876543210" * 2


@pytest.fixture
def studio(tmp_path: Path, make_checkpoint: Make, monkeypatch: pytest.MonkeyPatch) -> Studio:
    monkeypatch.setenv("GAN_RACE_STATE", str(tmp_path / "state"))
    make_checkpoint(tmp_path / "given" / "one", seed=1)
    return Studio(tmp_path / "given", CPU)


@pytest.fixture
def other(tmp_path: Path, make_checkpoint: Make) -> Path:
    """Return a checkpoint that the studio has not."""
    return make_checkpoint(tmp_path / "elsewhere", seed=2)


@pytest.fixture
def call(studio: Studio) -> Call:
    return calls_of(studio)


def calls_of(studio: Studio) -> Call:
    """Return a function that sends a request to a function of the panel."""
    functions: Functions = {**functions_of(checkpoints, studio), "add_piece": piece_taker(studio)}

    def call(name: str, /, **data: Any) -> Answer:
        function = functions[name]
        secret = known_fields(function, {"secret": data.pop("secret", SECRET)})
        return function({**data, **secret})

    return call


def send(call: Call, folder: Path, name: str = "Mine", piece_bytes: int = 3000) -> Answer:
    """Send a checkpoint as the page does, in small pieces; return the last answer."""
    weights = (folder / "model.safetensors").read_bytes()
    config = (folder / "config.json").read_text(encoding="utf-8")
    answer = call("add_begin", config=config, size=len(weights), name=name)
    token = answer.get("upload")
    for offset in range(0, len(weights) if token else 0, piece_bytes):
        answer = call("add_piece", upload=token, offset=offset, piece=weights[offset : offset + piece_bytes])
        if "error" in answer:
            break
        assert answer.get("received", len(weights)) == min(offset + piece_bytes, len(weights))
    return answer


def code_of(answer: Answer) -> str:
    return str(answer["error"]["code"])


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_checkpoint_that_comes_in_pieces_is_listed_and_drawn(call: Call, studio: Studio, other: Path) -> None:
    answer = send(call, other)
    sha256 = file_sha256(other / "model.safetensors")
    assert (answer["sha256"], answer["name"], answer["known"]) == (sha256, "Mine · added", False)
    assert [(one["name"], one["added"]) for one in answer["list"]["checkpoints"]] == [
        ("one", False),
        ("Mine · added", True),
    ]
    assert studio.renderer.tile(sha256, 5, "v").sha256 == sha256
    picture = call("preview", sha256=sha256, visitor="v")
    assert Image.open(io.BytesIO(base64.b64decode(picture["jpeg"]))).size == (128, 128)
    again = send(call, other, name="Another")
    assert (again["name"], again["known"]) == ("Mine · added", True)
    assert len(files_in(studio.added.folder)) == 3


def test_whoever_added_a_checkpoint_can_remove_it_and_nobody_else(call: Call, studio: Studio, other: Path) -> None:
    added = send(call, other)
    sha256 = added["sha256"]
    assert added["own"] == call("list_checkpoints")["own"] == [sha256]
    assert call("list_checkpoints", secret=STRANGER)["own"] == []
    again = send(partial(call, secret=STRANGER), other)
    assert (again["known"], again["own"]) == (True, [])
    assert code_of(call("remove", sha256=sha256, secret=STRANGER)) == "error_remove_others"
    assert studio.renderer.tile(sha256, 3, "v").sha256 == sha256
    _, png = tile_file(studio, ExportRequest(sha256=sha256, seed=3))
    assert verify(png, studio.catalog).outcome == "pass_exact"
    answer = call("remove", sha256=sha256)
    assert answer["own"] == []
    assert [one["name"] for one in answer["list"]["checkpoints"]] == ["one"]
    assert answer["list"]["problems"] == []
    assert files_in(studio.added.folder) == []
    assert code_of(call("preview", sha256=sha256, visitor="v")) == "error_unknown_checkpoint"
    assert verify(png, studio.catalog).reason == "unknown_checkpoint"
    assert code_of(call("remove", sha256=sha256)) == "error_remove_gone"
    assert send(call, other)["known"] is False
    assert "jpeg" in call("preview", sha256=sha256, visitor="v")


def test_one_that_was_damaged_since_can_be_removed_by_whoever_added_it_too(
    call: Call, studio: Studio, other: Path
) -> None:
    sha256 = send(call, other)["sha256"]
    (studio.added.folder / sha256 / "model.safetensors").write_bytes(b"")
    answer = call("list_checkpoints")
    assert [(one["name"], one["added"]) for one in answer["list"]["problems"]] == [("Mine · added", sha256)]
    assert answer["own"] == [sha256]
    assert code_of(call("remove", sha256=sha256, secret=STRANGER)) == "error_remove_others"
    assert call("remove", sha256=sha256)["list"]["problems"] == []
    assert files_in(studio.added.folder) == []
    (studio.root / "one" / "model.safetensors").write_bytes(b"")
    assert [one.added for one in studio.list().problems] == [None]


def test_a_checkpoint_of_the_given_folder_cannot_be_removed(call: Call, studio: Studio) -> None:
    given = studio.list().default
    assert code_of(call("remove", sha256=given)) == "error_remove_gone"
    assert files_in(studio.root) == ["one/config.json", "one/model.safetensors"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sha256": "../../given/one"}, "error_request"),
        ({"sha256": "."}, "error_request"),
        ({"sha256": None}, "error_request"),
        ({"sha256": "0" * 64}, "error_remove_gone"),
        ({"secret": None}, "error_request"),
        ({"secret": ""}, "error_request"),
        ({"secret": "../" * 10}, "error_request"),
        ({"secret": "0" * 65}, "error_request"),
    ],
)
def test_a_hostile_removal_is_refused(
    call: Call, studio: Studio, other: Path, change: dict[str, Any], code: str
) -> None:
    sha256 = send(call, other)["sha256"]
    assert code_of(call("remove", **{"sha256": sha256, **change})) == code
    assert code_of(call("remove", sha256=sha256[:8])) == "error_remove_gone"
    assert len(files_in(studio.added.folder)) == 3


def test_one_that_came_before_owners_were_noted_stays(call: Call, studio: Studio, other: Path) -> None:
    sha256 = send(call, other)["sha256"]
    (studio.added.folder / sha256 / "added.json").write_text('{"name": "Mine"}', encoding="utf-8")
    assert call("list_checkpoints")["own"] == []
    assert code_of(call("remove", sha256=sha256)) == "error_remove_others"
    assert "jpeg" in call("preview", sha256=sha256, visitor="v")


def test_a_disk_from_which_nothing_can_be_removed_is_said(
    call: Call, studio: Studio, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = send(call, other)["sha256"]
    monkeypatch.setattr(Path, "rename", Mock(side_effect=PermissionError("read-only")))
    assert code_of(call("remove", sha256=sha256)) == "error_remove_disk"
    assert "jpeg" in call("preview", sha256=sha256, visitor="v")


def test_one_that_the_folder_has_is_not_kept_twice(call: Call, studio: Studio) -> None:
    answer = send(call, studio.root / "one")
    assert (answer["name"], answer["known"]) == ("one", True)
    assert files_in(studio.added.folder) == []


def test_a_name_of_the_folders_own_is_refused_before_the_weights_come(call: Call, studio: Studio, other: Path) -> None:
    refusal = send(call, other, "ONE")["error"]
    assert (refusal["code"], refusal["values"]) == ("error_add_name", {"name": "ONE"})
    assert files_in(studio.added.folder) == []


def test_a_name_that_the_folder_gets_while_the_weights_come_is_refused(
    call: Call, studio: Studio, other: Path, make_checkpoint: Make
) -> None:
    weights = (other / "model.safetensors").read_bytes()
    config = (other / "config.json").read_text(encoding="utf-8")
    token = call("add_begin", config=config, size=len(weights), name="late")["upload"]
    make_checkpoint(studio.root / "late", seed=8)
    answer = call("add_piece", upload=token, offset=0, piece=weights)
    assert code_of(answer) == "error_add_name"


def test_a_pickle_is_refused_with_its_first_piece(call: Call, studio: Studio, other: Path) -> None:
    torch.save({"a": torch.zeros(9999)}, other / "model.safetensors")
    assert code_of(send(call, other)) == "error_add_pickle_inside"
    assert files_in(studio.added.folder) == []


def test_weights_that_their_config_does_not_fit_are_refused_and_nothing_is_kept(
    call: Call, studio: Studio, other: Path
) -> None:
    values = json.loads((other / "config.json").read_text(encoding="utf-8"))
    values["generator"]["width"] = 16
    (other / "config.json").write_text(json.dumps(values), encoding="utf-8")
    answer = send(call, other)
    assert code_of(answer) == "error_checkpoint"
    assert "elsewhere" not in str(answer)
    reason = answer["error"]["values"]["reason"]
    assert reason["code"] == "problem_weights_shape"
    assert reason["values"]["file"] == "model.safetensors"
    assert files_in(studio.added.folder) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": 0}, "error_add_size"),
        ({"size": 10**12}, "error_add_size"),
        ({"size": -1}, "error_request"),
        ({"size": True}, "error_request"),
        ({"size": 1.5}, "error_request"),
        ({"size": "9"}, "error_request"),
        ({"config": None}, "error_request"),
        ({"config": "x" * 70_000}, "error_request"),
        ({"config": "あ" * 30_000}, "error_add_config_size"),
        ({"config": "{"}, "error_add_config"),
        ({"config": "\ud800"}, "error_request"),
        ({"config": '{"about": []}'}, "error_add_passport"),
        ({"config": '{"generator": {"network": "fastgan", "z_dim": 8, "resolution": 256, "width": 128}}'}, TOO_DEAR),
        ({"config": '{"generator": {"network": "fastgan", "z_dim": 8, "resolution": 128, "width": 64}}'}, TOO_DEAR),
        (
            {"config": '{"generator": {"network": "resnet", "z_dim": 8, "resolution": 8, "width": "9"}}', "size": 0},
            SIZE,
        ),
        ({"config": '{"generator": 3}', "size": 0}, SIZE),
        ({"name": 7}, "error_request"),
        ({"name": "x" * 1000}, "error_request"),
    ],
)
def test_a_hostile_beginning_is_refused(call: Call, studio: Studio, change: dict[str, Any], code: str) -> None:
    assert code_of(call("add_begin", **{"size": 100, "config": "{}", "name": "", **change})) == code
    assert files_in(studio.added.folder) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"upload": "../../given/one/model.safetensors"}, "error_add_lost"),
        ({"upload": None}, "error_request"),
        ({"offset": 5}, "error_add_lost"),
        ({"offset": -5}, "error_request"),
        ({"offset": None}, "error_request"),
        ({"piece": b""}, "error_add_weights"),
        ({"piece": "no bytes"}, "error_request"),
        ({"piece": bytes(300)}, "error_add_weights"),
        ({"piece": bytes(PIECE_BYTES + 1)}, "error_request"),
    ],
)
def test_a_hostile_piece_is_refused(call: Call, studio: Studio, change: dict[str, Any], code: str) -> None:
    token = call("add_begin", size=100, config="{}", name="")["upload"]
    start = b"\x10" + bytes(7) + b"{" + bytes(50)
    assert code_of(call("add_piece", **{"upload": token, "offset": 0, "piece": start, **change})) == code
    assert files_in(studio.root) == ["one/config.json", "one/model.safetensors"]


def test_a_crowd_that_adds_is_slowed_down(call: Call) -> None:
    codes = []
    for _ in range(MOST_A_MINUTE_OF_ONE + 1):
        token = call("add_begin", size=100, config="{}", name="").get("upload")
        answer = call("add_piece", upload=token, offset=0, piece=bytes(3)) if token else call("list_checkpoints")
        codes.append(code_of(answer) if "error" in answer else "")
    assert codes == ["error_add_weights"] * MOST_A_MINUTE_OF_ONE + [""]
    assert code_of(call("add_begin", size=100, config="{}", name="")) == "error_add_rate"


def test_where_adding_is_off_what_was_added_is_shown_and_nothing_more_comes(
    call: Call, studio: Studio, other: Path
) -> None:
    send(call, other)
    closed = Studio(studio.root, CPU, adding=False)
    assert [one.name for one in closed.list().checkpoints] == ["one", "Mine · added"]
    call_closed = calls_of(closed)
    assert code_of(call_closed("add_begin", size=100, config="{}", name="")) == "error_add_off"
    assert code_of(call_closed("add_piece", upload="a", offset=0, piece=bytes(3))) == "error_add_off"


def test_a_disk_that_cannot_be_written_is_said(call: Call, studio: Studio, other: Path) -> None:
    studio.added.folder.parent.mkdir(parents=True)
    studio.added.folder.write_bytes(b"a file where the folder should be")
    assert code_of(send(call, other)) == "error_add_disk"


@pytest.mark.parametrize("change", [{"sha256": "../one"}, {"sha256": "0" * 64}, {"visitor": 3}, {"visitor": "x" * 99}])
def test_a_hostile_request_for_a_picture_is_refused(call: Call, studio: Studio, change: dict[str, Any]) -> None:
    good = {"sha256": studio.list().default, "visitor": "v"}
    assert "jpeg" in call("preview", **good)
    assert code_of(call("preview", **{**good, **change})) in ("error_request", "error_unknown_checkpoint")
