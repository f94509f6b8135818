"""Checkpoints and packed pictures of the Hugging Face Hub: their addresses, and their files in the user's cache.

An address is `hf://owner/name` or `hf://owner/name@revision`, a branch, tag or commit; without one it is `main`. The
revision is turned into its commit first, which is told on stderr, and only files of that commit are read: safetensors
and JSON. They are kept in the cache by commit, so that they open without a connection afterwards. Access to private and
gated repositories is by the token that `hf auth login` stored, or in HF_TOKEN; it is never shown.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from training.core import checkpoint
from training.core.paths import cache_folder
from training.core.training_log import METRICS

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoSibling

SCHEME = "hf://"
NAME = r"[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?"
ADDRESS = re.compile(rf"hf://({NAME}/{NAME})(?:@([\w][\w./-]{{0,200}}))?", re.ASCII)
SAFE_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*", re.ASCII)
DESCRIBING = {checkpoint.CONFIG, METRICS}
WEIGHTS = {checkpoint.WEIGHTS, checkpoint.RAW_WEIGHTS}
SAFETENSORS = ".safetensors"
MAIN = "main"
SHORT = 12  # hexadecimal digits of a commit in the name of a folder
ATTEMPTS = 3  # at a transfer that breaks; each goes on where the one before it ended
LOG_IN = "log in by `hf auth login`, or set HF_TOKEN"
SERVER_ERRORS = 500
UNAUTHORIZED, FORBIDDEN = 401, 403


class HubError(ValueError):
    """A repository of the Hub cannot be used; the message says which and why, in one sentence."""


class UnreachableError(HubError):
    """The Hub does not answer, or is not to be asked."""


@dataclass(frozen=True)
class Address:
    """A repository of the Hub: `repo` is owner/name, `kind` what it holds ("model" or "dataset")."""

    repo: str
    revision: str | None = None
    kind: str = "model"

    def __str__(self) -> str:
        return f"{SCHEME}{self.repo}" + (f"@{self.revision}" if self.revision else "")

    @property
    def name(self) -> str:
        """Return the name without the owner."""
        return self.repo.rpartition("/")[2]

    def at(self, commit: str) -> Address:
        """Return the address of one commit."""
        return Address(self.repo, commit, self.kind)


Place: TypeAlias = Path | Address


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit: by name their size in bytes and, where the Hub has it, their SHA-256."""

    commit: str
    files: dict[str, tuple[int, str | None]]


def place(text: str, kind: str = "model") -> Place:
    """Return a path, or the address of a repository, for argparse. Asks nobody.

    Raises argparse.ArgumentTypeError for an address that is none.
    """
    try:
        return parse(text, kind) if text.startswith(SCHEME) else Path(text)
    except HubError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def parse(text: str, kind: str = "model") -> Address:
    """Return the address that a text is. Raises HubError."""
    found = ADDRESS.fullmatch(text)
    if found is None or ".." in text:
        raise HubError(f"{text[:80]!r} is no address; hf://owner/name and hf://owner/name@revision are allowed.")
    return Address(found[1], found[2], kind)


def data_place(text: str) -> Place:
    """Return a path, or the address of a repository of pictures."""
    return place(text, "dataset")


def opened(where: Place) -> Path:
    """Return a folder as it is, and the local one of a repository's checkpoints. Raises HubError."""
    return _local(where) if isinstance(where, Address) else where


def local_name(text: str) -> str:
    """Return the local folder of an address, and any other text as it is. Raises HubError."""
    return str(_local(parse(text))) if text.startswith(SCHEME) else text


def opened_data(where: Place) -> Path:
    """Return a path as it is, and the local file of a repository that holds one packed file. Raises HubError."""
    if isinstance(where, Path):
        return where
    found = sorted(path for path in _local(where).iterdir() if path.suffix == SAFETENSORS)
    return found[0]  # _chosen has seen to it that there is one


def local_data(text: str) -> Path:
    """Return the local file of an address of pictures, and any other text as a path. Raises HubError."""
    return opened_data(parse(text, "dataset")) if text.startswith(SCHEME) else Path(text)


def client() -> HfApi:
    """Return the client of the Hub, or of the server that HF_ENDPOINT names."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)


def _local(address: Address) -> Path:
    """Return the folder of an address in the cache, after what is missing there was fetched."""
    try:
        snapshot = _resolve(address)
    except UnreachableError as error:
        folder = _cached(address)
        if folder is None:
            raise
        _say(f"{error} Using {address} as it was fetched last: commit {_noted(address)}.")
        return folder
    _say(f"{address} is at the commit {snapshot.commit}")
    folder = _folder(address, snapshot.commit)
    if _cached(address.at(snapshot.commit)) is None:
        _fetch(address.at(snapshot.commit), snapshot, folder)
    for revision in (snapshot.commit, address.revision or MAIN):
        _note(address, revision, snapshot.commit)
    return folder


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # standard output may be JSON


def _resolve(address: Address) -> Snapshot:
    """Ask for the commit of a revision, and for its files. Raises HubError."""
    with explained(address):
        asked = client().repo_info(
            address.repo, repo_type=address.kind, revision=address.revision, files_metadata=True, timeout=30
        )
    return Snapshot(str(asked.sha), _files(getattr(asked, "siblings", None) or []))


def _files(siblings: Iterable[RepoSibling]) -> dict[str, tuple[int, str | None]]:
    """Return the files that can have a place in the cache, with their sizes and hashes."""
    files = {}
    for file in siblings:
        parts = PurePosixPath(file.rfilename).parts
        if SAFE_PATH.fullmatch(file.rfilename) and not any(part.startswith(".") for part in parts):
            files[file.rfilename] = (file.size or 0, file.lfs.sha256 if file.lfs else None)
    return files


def _fetch(address: Address, snapshot: Snapshot, folder: Path) -> None:
    """Bring the files of a commit that are wanted into the cache, whole."""
    if address.kind == "dataset":
        _download(address, snapshot, _packed_file(address, snapshot), folder)
        return
    described = [name for name in snapshot.files if PurePosixPath(name).name in DESCRIBING]
    configs = [name for name in described if name.endswith(checkpoint.CONFIG)]
    if not configs:
        raise HubError(f"{address} holds no checkpoint: it has no {checkpoint.CONFIG}.")
    _download(address, snapshot, described, folder)
    weights = [
        str(PurePosixPath(config).parent / name) for config in configs if _is_ours(folder / config) for name in WEIGHTS
    ]
    if not weights:
        raise HubError(f"{address} holds no checkpoint of this program: {_why_not_ours(folder / configs[0])}")
    _download(address, snapshot, [name for name in weights if name in snapshot.files], folder)


def _packed_file(address: Address, snapshot: Snapshot) -> list[str]:
    found = [name for name in snapshot.files if name.endswith(SAFETENSORS) and "/" not in name]
    if len(found) != 1:
        count = "several" if found else "no"
        raise HubError(
            f"{address} holds {count} safetensors files; one that `python -m training pack` wrote is wanted."
        )
    return found


def _is_ours(config: Path) -> bool:
    return _why_not_ours(config) is None


def _why_not_ours(config: Path) -> str | None:
    """Say why a config is of no generator of this program, which is known before its weights are fetched."""
    try:
        checkpoint.describe(config.parent)
    except checkpoint.CheckpointError as error:
        return str(error)
    return None


def _download(address: Address, snapshot: Snapshot, names: Iterable[str], folder: Path) -> None:
    """Fetch files of a commit into a folder, with a progress bar, and compare their hashes with those of the Hub."""
    wanted = sorted(names)
    if wanted:
        _transfer(address, wanted, folder)
    for name in wanted:
        path, sha256 = folder / name, snapshot.files[name][1]
        if not path.is_file() or (sha256 and checkpoint.file_sha256(path) != sha256):
            path.unlink(missing_ok=True)
            raise HubError(f"{name} of {address} arrived damaged; the same command fetches it again.")


def _transfer(address: Address, names: list[str], folder: Path) -> None:
    """Fetch files; where a transfer breaks, go on with it. Raises HubError."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    for attempt in range(1, ATTEMPTS + 1):
        try:
            with explained(address):
                client().snapshot_download(
                    address.repo,
                    repo_type=address.kind,
                    revision=address.revision,
                    local_dir=folder,
                    allow_patterns=names,
                )
            return
        except UnreachableError as error:
            is_gone = isinstance(error.__cause__, LocalEntryNotFoundError)  # which the client has tried for a minute
            if attempt == ATTEMPTS or is_gone:
                raise


def _root(address: Address) -> Path:
    return cache_folder() / "hub" / f"{address.kind}s" / address.repo


def _folder(address: Address, commit: str) -> Path:
    """Return where the files of a commit are kept: the folder's name is what the studio shows."""
    return _root(address).with_name(f"{address.name}@{commit[:SHORT]}")


def _note_file(address: Address, revision: str) -> Path:
    return _root(address).with_name(f"{address.name}.revisions") / quote(revision, safe="")


def _note(address: Address, revision: str, commit: str) -> None:
    """Note that a revision was this commit, and that its files are here."""
    path = _note_file(address, revision)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_text(commit, encoding="utf-8")
    part.replace(path)


def _noted(address: Address) -> str | None:
    """Return the commit that a revision was when its files were fetched last."""
    try:
        return _note_file(address, address.revision or MAIN).read_text(encoding="utf-8")
    except OSError:
        return None


def _cached(address: Address) -> Path | None:
    """Return the folder with the whole files of a revision, or None where it is not in the cache."""
    commit = _noted(address)
    folder = _folder(address, commit) if commit else None
    return folder if folder and any(folder.rglob(f"*{SAFETENSORS}")) else None


@contextmanager
def explained(address: Address) -> Iterator[None]:
    """Turn what the client of the Hub raises into a HubError of one sentence, which shows no token."""
    from huggingface_hub.errors import HfHubHTTPError

    try:
        yield
    except HubError:
        raise
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status >= SERVER_ERRORS:
            raise UnreachableError(f"The Hub cannot be read: it answers {status} for {address}.") from error
        raise HubError(_refusal(address, error, status)) from error
    except Exception as error:  # of the HTTP library, which is another one in each major version
        if isinstance(error, OSError) and error.errno is not None:  # of the disk
            raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise UnreachableError(f"{address} cannot be reached: {reason[0].rstrip('.')}.") from error


def _refusal(address: Address, error: Exception, status: int) -> str:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    match error:
        case GatedRepoError():
            return f"{address} is gated: ask for access on its page on the Hub, then {LOG_IN}."
        case RevisionNotFoundError():
            return f"hf://{address.repo} has no revision {address.revision!r}."
        case RepositoryNotFoundError():
            return f"There is no {address.kind} hf://{address.repo}, or it is private; for a private one {LOG_IN}."
    if status == UNAUTHORIZED:
        return f"The Hub does not know the token with which {address} was asked for; {LOG_IN}."
    if status == FORBIDDEN:
        return f"The token has no right to do this with {address}; one with that right is wanted."
    return f"The Hub refuses {address} with the status {status}."
