from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from PIL import Image

from tests.hub_server import READER, WRITER, Hub, card_problems
from training import __main__ as cli
from training.core import checkpoint, hub
from training.core.hub import Address
from training.core.tile import seed_tile
from training.publish import PUBLISHED, publish
from training.runs.checkpoint_writer import halved

PROJECT = Path(__file__).parents[2]
SHIPPED = PROJECT / "checkpoints"
REPO = "owner/flowers"

# The client itself sends files in a way that its HTTP library calls old.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run of one checkpoint whose training and scores are known, with its weights in float32."""
    folder = tmp_path / "run" / "000024000"
    shutil.copytree(SHIPPED / "dcgan", folder)
    found = checkpoint.load(folder)
    state = {
        name: value + 1e-4 if value.is_floating_point() else value
        for name, value in found.generator.state_dict().items()
    }
    checkpoint.save(folder, found.config, state, found.about)
    checkpoint.save_weights(folder / checkpoint.RAW_WEIGHTS, state)
    (folder / checkpoint.STATE).write_bytes(b"what only a resume needs")
    return folder.parent


@pytest.fixture(autouse=True)
def token(hub_server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", WRITER)


def send(run: Path, *options: str) -> int:
    return cli.main(["publish", str(run), f"hf://{REPO}", *options])


def test_what_was_published_comes_back_bit_by_bit(
    hub_server: Hub, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send(run) == 0
    printed = capsys.readouterr()
    repo = hub_server.repos["model", REPO]
    assert f"published: hf://{REPO}@{repo.head}\n" in printed.out
    assert WRITER not in printed.out + printed.err
    assert hub_server.messages == ["Publish flowers"]  # one commit
    assert not repo.private
    sent = repo.commits[repo.head]
    assert sent.keys() == {
        *(".gitattributes", "README.md", "config.json", "metrics.jsonl", "model.safetensors", "preview.jpg")
    }
    folder = publish(run, tmp_path / "flowers", repo=REPO)
    assert {name: sent[name] for name in sent if name in PUBLISHED} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
    local = hub.opened(hub.place(f"hf://{REPO}"))
    for name in ("config.json", "model.safetensors", "metrics.jsonl"):
        assert (local / name).read_bytes() == sent[name]
    there, here = (checkpoint.load(place).generator for place in (local, run / "000024000"))
    expected = halved(here.state_dict())
    assert all(torch.equal(value, expected[name].to(value.dtype)) for name, value in there.state_dict().items())
    np.testing.assert_array_equal(seed_tile(there, 3), seed_tile(checkpoint.load(folder).generator, 3))


def test_a_later_publication_replaces_all_of_the_former_and_nothing_else(hub_server: Hub, run: Path) -> None:
    assert send(run, "--raw") == 0
    repo = hub_server.repos["model", REPO]
    assert "raw.safetensors" in repo.commits[repo.head]
    repo.commit({**repo.commits[repo.head], "NOTES.md": b"mine"})
    assert send(run) == 0
    assert "raw.safetensors" not in repo.commits[repo.head]
    assert repo.commits[repo.head]["NOTES.md"] == b"mine"
    assert hub_server.messages == ["Publish flowers"] * 2


def test_a_private_repository_is_made_and_read_with_a_token_only(
    hub_server: Hub, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(run, "--private") == 0
    assert hub_server.repos["model", REPO].private
    assert send(run, "--private") == 0
    monkeypatch.setenv("HF_TOKEN", READER)
    checkpoint.load(hub.opened(Address(REPO)))
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(hub.HubError, match="or it is private"):
        hub.opened(Address(REPO))


def test_a_public_repository_is_not_taken_for_a_private_one(
    hub_server: Hub, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub_server.model(REPO)
    assert send(run, "--private") == 2
    assert f"hf://{REPO} exists and is public; make it private in its settings" in capsys.readouterr().err
    assert hub_server.messages == []
    assert cli.main(["publish", str(run), "folder", "--private"]) == 2
    assert "--private is for hf://owner/name; folder is a folder." in capsys.readouterr().err


@pytest.mark.parametrize(
    "refusal",
    [
        ("flowers", None, "Publishing to hf://owner/flowers needs a token that may write: log in by `hf auth login`"),
        (
            "flowers",
            READER,
            "The token has no right to do this with hf://owner/flowers; one with that right is wanted.",
        ),
        ("new", READER, "The token has no right to do this with hf://owner/new; one with that right is wanted."),
        ("new", "hf_expired0123456789", "The Hub does not know the token with which hf://owner/new was asked for; log"),
        ("flowers@v1", WRITER, "hf://owner/flowers@v1 names a revision; publishing makes a new one of hf://owner/flow"),
    ],
)
def test_who_may_not_write_is_told_so_in_one_sentence_without_the_token(
    hub_server: Hub,
    run: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    refusal: tuple[str, str | None, str],
) -> None:
    name, token, said = refusal
    hub_server.model(REPO)
    monkeypatch.setenv("HF_TOKEN", token or "")
    assert cli.main(["publish", str(run), f"hf://owner/{name}"]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: {said}")
    assert "hf_" not in error
    assert hub_server.messages == []


def test_an_upload_that_the_hub_cannot_take_is_one_sentence(
    hub_server: Hub, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub_server.out_of_order = True
    assert send(run) == 2
    assert f"The Hub cannot be read: it answers 500 for hf://{REPO}." in capsys.readouterr().err


def test_the_card_is_what_the_hub_reads(hub_server: Hub, run: Path) -> None:
    shutil.copy(SHIPPED / "dcgan" / "config.json", run / "000024000" / "config.json")
    (run / "000024000" / "scores.json").unlink(missing_ok=True)
    assert send(run) == 0
    repo = hub_server.repos["model", REPO]
    assert hub_server.paths("POST", "/api/validate-yaml")  # the client has the Hub check it, and it passed
    card = ModelCard(repo.commits[repo.head]["README.md"].decode())
    data = card.data
    assert data.library_name == "gan-race-studio"
    assert data.pipeline_tag == "unconditional-image-generation"
    assert {"gan", "pytorch"} <= set(data.tags)
    assert data.datasets is None  # nobody has named one
    assert data.to_dict()["thumbnail"] == f"https://huggingface.co/{REPO}/resolve/main/preview.jpg"
    assert "https://arxiv.org/abs/1511.06434" in card.text
    assert f"python -m studio export hf://{REPO} --seed 0 --out tile.png" in card.text


def test_the_card_names_the_data_set_that_the_owner_names(hub_server: Hub, run: Path, tmp_path: Path) -> None:
    shutil.copy(SHIPPED / "dcgan" / "config.json", run / "000024000" / "config.json")
    found = checkpoint.load(run / "000024000")
    scores = found.about["metrics"] | {"weights_sha256": found.sha256}
    (run / "000024000" / "scores.json").write_text(json.dumps(scores), encoding="utf-8")
    assert send(run, "--dataset", "hf://somebody/pictures") == 0
    repo = hub_server.repos["model", REPO]
    assert cli.main(["publish", str(run), str(tmp_path / "flowers"), "--dataset", "hf://somebody/pictures"]) == 0
    local = (tmp_path / "flowers" / "README.md").read_text(encoding="utf-8")
    for text in (repo.commits[repo.head]["README.md"].decode(), local):
        data = ModelCard(text).data
        assert data.datasets == ["somebody/pictures"]
        assert {result.dataset_type for result in data.eval_results or []} == {"somebody/pictures"}
        assert card_problems(text) == []


@pytest.mark.parametrize("text", ["somebody/pictures", "hf://pictures", "hf://somebody/pictures@v1"])
def test_a_data_set_is_an_address_without_a_revision(
    run: Path, text: str, capsys: pytest.CaptureFixture[str], hub_server: Hub
) -> None:
    with pytest.raises(SystemExit):
        send(run, "--dataset", text)
    assert f"argument --dataset: {text!r} is no address" in capsys.readouterr().err
    assert hub_server.messages == []


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in SHIPPED.glob("*/config.json")), ids=lambda one: one.name
)
def test_the_shipped_cards_pass_the_checks_of_the_hub_and_tell_their_scores(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert card_problems(text) == []
    card = ModelCard(text)
    scores = json.loads((folder / "config.json").read_text(encoding="utf-8"))["about"]["metrics"]
    results = {result.metric_type: result for result in card.data.eval_results or []}
    assert card.data.model_name == folder.name
    assert card.data.datasets is None  # the address of these pictures on the Hub is not known
    assert {result.dataset_type for result in results.values()} == {"oxford-flowers-102"}
    assert card.data.to_dict()["metrics"] == ["kid", "fid"]
    for name in ("kid", "fid"):
        assert results[name].metric_value == pytest.approx(scores[name], abs=1e-4)
        counts = {
            "network": scores["network"],
            "fakes": scores["fakes"],
            "reals": scores["reals"],
            "seed": scores["seed"],
        }
        assert results[name].metric_args == counts
        assert scores["network"] in results[name].metric_name
        assert results[name].task_type == "unconditional-image-generation"


def test_a_card_without_metadata_or_with_bad_ones_would_be_refused() -> None:
    assert card_problems("# no block")
    assert card_problems("---\nlicense: [mit\n---\n")
    good = "---\nlicense: mit\nlibrary_name: a\npipeline_tag: b\n---\n"
    assert card_problems(good) == []
    assert card_problems(good.replace("mit", "1.0"))
    assert card_problems(good.replace("license: mit", "license: mit\ntags: gan"))
    assert card_problems(good.replace("license: mit", "license: mit\nmodel-index:\n- name: 3\n  results: []"))


@pytest.mark.slow
def test_the_commands_find_the_server_by_the_environment_alone(hub_server: Hub, run: Path, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "GAN_RACE"))}
    environment = {
        **{**kept, "HF_ENDPOINT": hub_server.url, "HF_TOKEN": WRITER, "HF_HOME": str(tmp_path / "home")},
        **{"GAN_RACE_CACHE": str(tmp_path / "fresh"), "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1,localhost"},
    }

    def call(*arguments: str, **variables: str) -> str:
        command = [sys.executable, "-m", *arguments]
        everything = {**environment, **variables}
        done = subprocess.run(command, cwd=PROJECT, env=everything, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert WRITER not in done.stdout + done.stderr
        return done.stdout + done.stderr

    call("training", "publish", str(run), f"hf://{REPO}")
    tile = str(tmp_path / "tile.png")
    shown = call("studio", "export", f"hf://{REPO}", "--seed", "3", "--out", tile)
    assert f"hf://{REPO} is at the commit {hub_server.repos['model', REPO].head}" in shown
    asked = len(hub_server.asked)
    shown = call("studio", "verify", tile, "--checkpoints", f"hf://{REPO}", HF_HUB_OFFLINE="1")
    assert "PASS (exact)" in shown
    assert len(hub_server.asked) == asked
    with Image.open(tile) as picture:
        assert picture.size == (1280, 1280)
