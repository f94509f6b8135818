"""Under which names the page answers.

A foreign page can give its own name the address of this machine, and then read what it finds as its own. It can do so
neither with an address for a name, nor with a name that the internet does not know: those are let in.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

PUBLIC = ("gradio.live", "googleusercontent.com", "colab.dev", "hf.space")  # and all names below them
PRIVATE = ("localhost", "local", "internal")  # nobody can register these
HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::\d{1,5})?")


def is_known(host: str, more: Iterable[str] = ()) -> bool:
    """Tell whether a request may be for this host; `more` are names that are let in as well."""
    found = HOST.fullmatch(host.lower())
    if found is None:
        return False
    name = found[1]
    if name.startswith("[") or name.replace(".", "").isdigit():
        return _is_address(name.strip("[]"))
    return "." not in name or any(name == one or name.endswith(f".{one}") for one in (*PUBLIC, *PRIVATE, *more))


def host_of(address: str | None) -> str | None:
    """Return the name in an address or in a bare host, in small letters, or None where there is none."""
    if not address:
        return None
    try:
        return urlsplit(address if "//" in address else f"//{address.strip()}").hostname
    except ValueError:
        return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
