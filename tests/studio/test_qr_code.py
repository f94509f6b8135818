from __future__ import annotations

import re

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from studio.qr_code import MAX_LINK_LETTERS, LinkError, check_link, is_of_one_machine, moved, to_svg

LINK = "https://0123456789abcdef.gradio.live/?ck=3fa9c1d2&seed=7&tab=compare&cmp=3fa9c1d2%2C1e4f9d19"


def modules(svg: bytes) -> set[tuple[int, int]]:
    """Return the dark modules (row, column) of a picture, its margin included, from the strokes that it consists of."""
    strokes = re.search(r'stroke="#000" d="([^"]*)"', svg.decode())
    assert strokes is not None
    dark, row, column = set(), 0.0, 0
    for kind, numbers in re.findall(r"([mMh])([-\d. ]+)", strokes[1]):
        if kind == "h":
            dark |= {(int(row), column + step) for step in range(int(numbers))}
            column += int(numbers)
            continue
        across, down = re.findall(r"-?[\d.]+", numbers)
        column = int(across) + (column if kind == "m" else 0)
        row = float(down) + (row if kind == "m" else 0)
    return dark


def test_the_picture_is_the_code_of_the_link_with_a_white_margin() -> None:
    svg = to_svg(LINK)
    matrix = segno.make(LINK, error="m", boost_error=False, micro=False).matrix
    side = len(matrix) + 8
    assert f'viewBox="0 0 {side} {side}"'.encode() in svg
    assert f'<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/>'.encode() in svg
    wanted = {(row + 4, column + 4) for row, line in enumerate(matrix) for column, dark in enumerate(line) if dark}
    assert modules(svg) == wanted


def test_a_picture_for_a_notebook_has_a_size() -> None:
    assert to_svg(LINK, pixels=240).startswith(b'<svg width="240" height="240" ')
    assert to_svg(LINK, pixels=240).split(b"viewBox")[1] == to_svg(LINK).split(b"viewBox")[1]


def test_the_longest_link_of_a_page_has_a_code() -> None:
    link = "https://a.org/" + "x" * (MAX_LINK_LETTERS - 14)
    assert to_svg(check_link(link)).startswith(b"<svg ")
    with pytest.raises(LinkError):
        check_link(link + "x")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.org",
        "javascript:alert(1)",
        "data:text/html,<b>",
        "ftp://a.org/",
        "file:///etc/passwd",
        "HTTPS//a.org",
        "https://",
        "https:///path",
        "https://?a",
        "https://:80/",
        "https://[::1/",
        "https://a.org/ b",
        "https://a.org/\n",
        "https://花.org/",
        " https://a.org/",
    ],
)
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(LinkError, match="http or https"):
        check_link(text)


@given(st.text())
def test_no_tail_of_a_link_reaches_the_picture(tail: str) -> None:
    link = f"https://a.org/{tail}"
    try:
        svg = to_svg(check_link(link)).decode()
    except LinkError:
        return
    assert re.fullmatch(r"<svg [^<>]*><path [^<>]*/><path [^<>]*/></svg>\s*", svg)
    assert "a.org" not in svg


@pytest.mark.parametrize(
    ("host", "one"),
    [
        ("localhost:7860", True),
        ("localhost.", True),
        ("studio.localhost", True),
        ("127.0.0.1:7860", True),
        ("127.8.9.10", True),
        ("0.0.0.0:7860", True),
        ("[::1]:7860", True),
        ("abc-colab.googleusercontent.com", True),
        ("7860-gpu-t4.prod.colab.dev", True),
        ("0123456789abcdef.gradio.live", False),
        ("192.168.1.20:7860", False),
        ("localhost.example.org", False),
        ("notlocalhost", False),
        ("127.0.0.1.example.org", False),
        ("[2001:db8::1]", False),
    ],
)
def test_an_address_of_one_machine_is_known(host: str, one: bool) -> None:
    assert is_of_one_machine(f"https://{host}/?seed=1") is one


def test_a_link_moves_to_the_public_address_with_all_that_it_says() -> None:
    assert moved("http://127.0.0.1:7860/?ck=3fa9c1d2&seed=7", "https://x.gradio.live") == (
        "https://x.gradio.live/?ck=3fa9c1d2&seed=7"
    )
