from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.hub_server import READER, STRANGER, Hub
from training import __main__ as training_commands
from training.core import checkpoint, dataset, hub
from training.core.hub import Address, HubError, UnreachableError

REPO = "owner/flowers"


@pytest.fixture
def files(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> dict[str, bytes]:
    """Return the files of a checkpoint, with such beside that must never be fetched."""
    folder = make_checkpoint(tmp_path / "written")
    ours = {path.name: path.read_bytes() for path in folder.iterdir()}
    return {**ours, "metrics.jsonl": b'{"images": 1}\n', "README.md": b"# a card", "state.pt": b"\x80\x04."}


def log_in(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("HF_TOKEN", token)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hf://owner/name", Address("owner/name")),
        ("hf://o/a.b-c_d@v1.0", Address("o/a.b-c_d", "v1.0")),
        ("hf://owner/name@refs/pr/1", Address("owner/name", "refs/pr/1")),
    ],
)
def test_an_address_is_read_and_written_alike(text: str, address: Address) -> None:
    assert hub.place(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    [
        "hf://owner",
        "hf://",
        "hf://a/b/c",
        "hf://../b",
        "hf://a/b@",
        "hf://a/b@../c",
        "hf://a/b?x",
        "hf://a b/c",
        "hf://ä/b",
    ],
)
def test_what_is_no_address_is_a_usage_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        training_commands.main(["publish", "run", text])
    assert stopped.value.code == 2
    assert "is no address; hf://owner/name and hf://owner/name@revision are allowed." in capsys.readouterr().err


@pytest.mark.parametrize("text", ["runs/mine", "runs/mine@400", "hf", "./hf:/x"])
def test_any_other_text_is_a_path(text: str) -> None:
    assert hub.place(text) == Path(text)
    assert hub.opened(Path(text)) == Path(text)
    assert hub.local_name(text) == text


def test_a_checkpoint_is_the_very_same_and_nothing_else_is_fetched(
    hub_server: Hub, files: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    repo = hub_server.model(REPO, {**files, "other/nested.safetensors": b"x", "pytorch_model.bin": b"\x80"})
    folder = hub.opened(Address(REPO))
    wanted = {"config.json", "model.safetensors", "metrics.jsonl"}
    assert contents(folder) == {name: files[name] for name in wanted}
    assert {path.rpartition("/")[2] for path in hub_server.paths("HEAD", "/resolve/")} == wanted
    checkpoint.load(folder)
    shown = capsys.readouterr().err
    assert f"hf://{REPO} is at the commit {repo.head}" in shown
    assert folder.name == f"flowers@{repo.head[:12]}"
    assert "%|" in shown  # a progress bar


def test_a_repository_of_several_checkpoints_has_them_all(hub_server: Hub, files: dict[str, bytes]) -> None:
    nested = {f"{name}/{file}": files[file] for name in "ab" for file in ("config.json", "model.safetensors")}
    hub_server.model(REPO, {**nested, "c/config.json": b'{"model_type": "gpt2"}', "c/model.safetensors": b"much"})
    folder = hub.opened(Address(REPO))
    assert sorted(path.parent.name for path in folder.glob("*/model.safetensors")) == ["a", "b"]


def test_a_revision_is_one_commit_for_ever(hub_server: Hub, files: dict[str, bytes]) -> None:
    repo = hub_server.model(REPO, files)
    old = repo.head
    repo.tags["v1"] = old
    new = {**files, "metrics.jsonl": b'{"images": 2}\n'}
    repo.commit(new)
    for revision, expected in ((None, new), ("main", new), ("v1", files), (old, files), (repo.head, new)):
        assert contents(hub.opened(Address(REPO, revision)))["metrics.jsonl"] == expected["metrics.jsonl"]
    assert hub.opened(Address(REPO)) != hub.opened(Address(REPO, "v1"))


def test_what_is_in_the_cache_is_not_fetched_again(hub_server: Hub, files: dict[str, bytes]) -> None:
    hub_server.model(REPO, files)
    folder = hub.opened(Address(REPO))
    hub_server.asked.clear()
    assert hub.opened(Address(REPO)) == folder
    assert hub_server.asked == [("GET", f"/api/models/{REPO}")]


def test_what_somebody_has_removed_from_the_cache_is_fetched_again(hub_server: Hub, files: dict[str, bytes]) -> None:
    hub_server.model(REPO, files)
    for path in hub.opened(Address(REPO)).glob("*.safetensors"):
        path.unlink()
    checkpoint.load(hub.opened(Address(REPO)))


@pytest.mark.parametrize("how", ["gone", "out of order", "offline"])
def test_without_the_hub_the_cache_does(
    hub_server: Hub,
    files: dict[str, bytes],
    how: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    repo = hub_server.model(REPO, files)
    folder = hub.opened(Address(REPO))
    capsys.readouterr()
    if how == "gone":
        monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    hub_server.out_of_order = how == "out of order"
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", how == "offline")
    for revision in (None, "main", repo.head):
        assert hub.opened(Address(REPO, revision)) == folder
    assert f"as it was fetched last: commit {repo.head}." in capsys.readouterr().err
    for absent in (Address(REPO, "v2"), Address("owner/never")):
        with pytest.raises(UnreachableError) as error:
            hub.opened(absent)
        assert "\n" not in str(error.value)


def test_a_commit_half_fetched_does_not_pass_for_a_whole_one(
    hub_server: Hub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_server.model(REPO, files)
    hub_server.broken_transfers = 100
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(UnreachableError):
        hub.opened(Address(REPO))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError):
        hub.opened(Address(REPO))


def test_a_broken_transfer_goes_on_where_it_ended(
    hub_server: Hub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_server.model(REPO, files)
    hub_server.broken_transfers = 1
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert contents(hub.opened(Address(REPO)))["model.safetensors"] == files["model.safetensors"]
    assert len(hub_server.paths("GET", "/storage/")) == 2


def test_a_damaged_transfer_is_refused_and_fetched_again(hub_server: Hub, files: dict[str, bytes]) -> None:
    hub_server.model(REPO, files)
    hub_server.damaged = True
    with pytest.raises(HubError, match=r"model\.safetensors of hf://owner/flowers@\w{40} arrived damaged; the same"):
        hub.opened(Address(REPO))
    hub_server.damaged = False
    checkpoint.load(hub.opened(Address(REPO)))


REFUSALS = [
    ("absent", None, r"There is no model hf://owner/absent, or it is private; for a private one log in by `hf auth"),
    ("absent", READER, r"There is no model hf://owner/absent, or it is private"),
    ("private", None, r"There is no model hf://owner/private, or it is private; .*, or set HF_TOKEN\.$"),
    ("private", STRANGER, r"There is no model hf://owner/private, or it is private"),
    ("private", "hf_expired0123456789", r"The Hub does not know the token with which hf://owner/private was asked"),
    ("gated", None, r"hf://owner/gated@\w{40} is gated: ask for access on its page on the Hub, then log in"),
    ("gated", STRANGER, r"hf://owner/gated@\w{40} is gated: ask for access"),
    ("flowers@v9", None, r"hf://owner/flowers has no revision 'v9'\.$"),
    ("empty", None, r"hf://owner/empty@\w{40} holds no checkpoint: it has no config\.json\.$"),
    ("gpt", None, r"hf://owner/gpt@\w{40} holds no checkpoint of this program: .* has the format None;"),
]


@pytest.mark.parametrize(("name", "token", "said"), REFUSALS)
def test_what_is_refused_is_one_sentence_without_the_token(
    hub_server: Hub, files: dict[str, bytes], name: str, token: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_server.model("owner/private", files, private=True)
    hub_server.model("owner/gated", files, gated=True)
    hub_server.model("owner/flowers", files)
    hub_server.model("owner/empty", {"README.md": b""})
    hub_server.model("owner/gpt", {"config.json": b"{}", "model.safetensors": files["model.safetensors"]})
    if token:
        log_in(monkeypatch, token)
    with pytest.raises(HubError, match=said) as error:
        hub.local_name(f"hf://owner/{name}")
    assert "\n" not in str(error.value)
    assert "hf_" not in str(error.value)
    assert not hub_server.paths("GET", "/storage/")


@pytest.mark.parametrize("kind", ["private", "gated"])
def test_a_token_opens_private_and_gated_repositories_and_is_not_shown(
    hub_server: Hub,
    files: dict[str, bytes],
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hub_server.model(REPO, files, **{kind: True})
    log_in(monkeypatch, READER)
    checkpoint.load(hub.opened(Address(REPO)))
    assert READER in hub_server.tokens
    assert hub_server.storage_tokens == {None}  # it goes to the Hub alone
    printed = capsys.readouterr()
    assert READER not in printed.out + printed.err


def test_names_that_lead_out_of_the_folder_are_not_taken(
    hub_server: Hub, files: dict[str, bytes], tmp_path: Path
) -> None:
    evil = {"../../config.json": files["config.json"], "/etc/config.json": files["config.json"]}
    hub_server.model(REPO, {**evil, ".git/config.json": files["config.json"]})
    with pytest.raises(HubError, match=r"has no config\.json"):
        hub.opened(Address(REPO))
    assert not list((tmp_path / "cache").rglob("config.json"))


def test_a_packed_file_of_a_dataset_is_the_very_same(
    hub_server: Hub, make_pictures: Callable[..., Path], tmp_path: Path
) -> None:
    packed = dataset.pack(make_pictures(tmp_path / "pictures"), tmp_path / "flowers.safetensors", 16)
    data = packed.file.read_bytes()
    hub_server.dataset(REPO, {"flowers.safetensors": data, "README.md": b"", "raw.zip": b"PK"})
    where = hub.data_place(f"hf://{REPO}")
    assert hub.opened_data(where).read_bytes() == data
    assert dataset.open_data(hub.opened_data(where), 16).sha256 == packed.sha256
    assert hub.opened_data(packed.file) == packed.file


@pytest.mark.parametrize(("names", "said"), [((), "no"), (("a", "b"), "several")])
def test_a_dataset_with_no_or_several_packed_files_is_refused(
    hub_server: Hub, names: tuple[str, ...], said: str
) -> None:
    hub_server.dataset(REPO, {f"{name}.safetensors": name.encode() for name in names})
    with pytest.raises(HubError, match=rf"holds {said} safetensors files; one that `python -m training pack` wrote"):
        hub.opened_data(hub.data_place(f"hf://{REPO}"))


def test_training_reads_a_dataset_by_its_address(
    hub_server: Hub, make_pictures: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed = dataset.pack(make_pictures(tmp_path / "pictures"), tmp_path / "flowers.safetensors", 16)
    hub_server.dataset(REPO, {"flowers.safetensors": packed.file.read_bytes()})
    options = ["--set", "resolution=16", "g_width=2", "d_width=2", "batch=4", "--device", "cpu", "--images", "4"]
    command = ["train", "dcgan", "--data", f"hf://{REPO}", "--out", str(tmp_path / "run"), *options]
    assert training_commands.main(command) == 0, capsys.readouterr().err
    (saved,) = (tmp_path / "run").glob("*/config.json")
    assert json.loads(saved.read_text())["about"]["data"]["sha256"] == packed.sha256
