"""A link as a QR code, and whether another device can follow it."""

from __future__ import annotations

import io
import ipaddress
import re
from urllib.parse import urlsplit

import segno

MAX_LINK_LETTERS = 600  # more would be too fine a pattern for a phone across a table
QUIET_MODULES = 4  # the white margin that the standard asks for
ONE_MACHINE = ("localhost", ".localhost", ".googleusercontent.com", ".colab.dev")  # the last two know their owner only


class LinkError(ValueError):
    """A text is no link that the page could have."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:80]!r} is no link; http or https, a host and {MAX_LINK_LETTERS} plain letters are allowed."
        )


def check_link(text: str) -> str:
    """Return a link that a code may hold: http or https, with a host, of printable ASCII; else raise LinkError."""
    if len(text) > MAX_LINK_LETTERS or not re.fullmatch(r"https?://[!-~]+", text):
        raise LinkError(text)
    try:
        host = urlsplit(text).hostname
    except ValueError as error:  # half an IPv6 address
        raise LinkError(text) from error
    if not host:
        raise LinkError(text)
    return text


def is_of_one_machine(link: str) -> bool:
    """Tell whether only the device that shows a checked link can follow it, as with localhost."""
    host = (urlsplit(link).hostname or "").rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == ONE_MACHINE[0] or host.endswith(ONE_MACHINE[1:])
    return address.is_loopback or address.is_unspecified


def moved(link: str, origin: str) -> str:
    """Return the same place of the page at another address."""
    there = urlsplit(origin)
    return urlsplit(link)._replace(scheme=there.scheme, netloc=there.netloc).geturl()


def to_svg(link: str, pixels: int | None = None) -> bytes:
    """Draw a link as a QR code that bears 15 % of dirt: black on white, margin included.

    It is as large as whatever it is put into, or so many `pixels` wide.
    """
    picture = io.BytesIO()
    code = segno.make(link, error="m", boost_error=False, micro=False)
    code.save(picture, kind="svg", border=QUIET_MODULES, dark="#000", light="#fff", omitsize=True, xmldecl=False)
    size = f'<svg width="{pixels}" height="{pixels}" '.encode() if pixels else b"<svg "
    return picture.getvalue().replace(b"<svg ", size, 1)
