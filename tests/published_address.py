"""Where the program is published: said in pyproject.toml, and from there in README, docs and the notebook.

`python tests/published_address.py` writes the address of `[project.urls]` wherever the program names its own.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
NAMED = re.compile(r"(?P<site>https://(?:github\.com|colab\.research\.google\.com/github)/)[\w.-]+/gan-race-studio\b")
ADDRESS = re.compile(r"https://github\.com/([\w.-]+/gan-race-studio)")


class AddressError(ValueError):
    """pyproject.toml names no address that the program can be cloned from; the message says which are allowed."""


def published(project: Path = PROJECT) -> str:
    """Return the owner and the name of the repository that `[project.urls]` names. Raises AddressError."""
    settings = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    address = settings["project"]["urls"]["Repository"]
    found = ADDRESS.fullmatch(address)
    if found is None:
        raise AddressError(f"Repository is {address!r}; https://github.com/OWNER/gan-race-studio is allowed.")
    return found[1]


def places(project: Path = PROJECT) -> Iterator[Path]:
    """Yield the files that name the program's own address."""
    files = [project / "README.md", *sorted((project / "docs").rglob("*.md")), project / "training" / "colab.ipynb"]
    yield from (file for file in files if NAMED.search(file.read_text(encoding="utf-8")))


def with_address(text: str, repository: str) -> str:
    """Return a text in which every address of the program is that of a repository, owner/name."""
    return NAMED.sub(rf"\g<site>{repository}", text)


def write(project: Path = PROJECT) -> list[Path]:
    """Write the address of pyproject.toml everywhere, and return the files that had another. Raises AddressError."""
    repository, changed = published(project), []
    for file in places(project):
        text = file.read_text(encoding="utf-8")
        if (wanted := with_address(text, repository)) != text:
            file.write_text(wanted, encoding="utf-8")
            changed.append(file)
    return changed


if __name__ == "__main__":
    try:
        print("\n".join(f"written: {file.relative_to(PROJECT)}" for file in write()) or "nothing to change")
    except AddressError as error:
        sys.exit(f"error: {error}")
