"""Upload a Space to the Hugging Face Hub, in one commit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from studio.space.folder import README, SpaceError, is_written_here
from studio.space.readme import ZERO_GPU_HARDWARE
from training.core import hub

if TYPE_CHECKING:
    from huggingface_hub import HfApi

KIND = "space"
PAYMENT_REQUIRED = 402
REPLACED = ["studio/**", "training/**", "checkpoints/**"]  # what an older upload had there and this one has not


def space_repo(text: str) -> str:
    """Return owner/name of a Space. Raises ValueError for what is no such name."""
    if re.fullmatch(f"{hub.NAME}/{hub.NAME}", text, re.ASCII) is None or ".." in text:
        raise ValueError(f"{text[:80]!r} names no Space; owner/name is wanted")
    return text


def push_space(folder: Path, repo: str, *, zero_gpu: bool = False, private: bool = False) -> str:
    """Upload a folder that `write_space` wrote and return the address of the Space, which is made where there is none.

    A Space that holds something else is refused. Raises SpaceError, HubError.
    """
    address = hub.Address(repo, kind=KIND)
    check_token(address)
    client = hub.client()
    with hub.explained(address):
        _make(client, address, zero_gpu, private)
        client.upload_folder(
            repo_id=repo,
            repo_type=KIND,
            folder_path=folder,
            delete_patterns=REPLACED,
            commit_message=f"Publish {address.name}",
        )
    return f"{client.endpoint}/spaces/{repo}"


def check_token(address: hub.Address) -> None:
    """Raise HubError where nobody is logged in."""
    from huggingface_hub import get_token

    if not get_token():
        raise hub.HubError(f"Uploading to {address.repo} needs a token that may write: {hub.LOG_IN}.")


def _make(client: HfApi, address: hub.Address, zero_gpu: bool, private: bool) -> None:
    """Make the Space, or see to it that the one that is there may be replaced."""
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        there = client.space_info(address.repo)
    except RepositoryNotFoundError:
        _create(client, address.repo, zero_gpu, private)
        return
    if private and not there.private:
        raise SpaceError(
            f"{address.repo} exists and is public; make it private in its settings, or leave --private out."
        )
    names = {file.rfilename for file in there.siblings or []} - {".gitattributes"}
    if names and not is_written_here(_readme(client, address.repo) if README in names else ""):
        raise SpaceError(f"The Space {address.repo} holds {min(names)} and was not written by this command.")


def _readme(client: HfApi, repo: str) -> str:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        path = client.hf_hub_download(repo, README, repo_type=KIND, local_dir=place)
        return Path(path).read_text(encoding="utf-8")


def _create(client: HfApi, repo: str, zero_gpu: bool, private: bool) -> None:
    from huggingface_hub import SpaceHardware
    from huggingface_hub.errors import HfHubHTTPError

    hardware = SpaceHardware(ZERO_GPU_HARDWARE) if zero_gpu else None
    try:
        client.create_repo(repo, repo_type=KIND, space_sdk="gradio", space_hardware=hardware, private=private or None)
    except HfHubHTTPError as error:
        if error.response.status_code != PAYMENT_REQUIRED:
            raise
        advice = "" if zero_gpu else "; --zero-gpu asks for the kind that a free account has"
        raise SpaceError(f"The Hub wants a paid plan for the Space {repo}{advice}.") from error
