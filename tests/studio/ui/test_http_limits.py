"""What is sent to a visitor: the page itself compressed, everything else as it is."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from studio.ui.http_limits import Zipped
from tests.loops import run_to_its_end

TEXT = "a page of many words, " * 200


def answer(_: Request) -> PlainTextResponse:
    return PlainTextResponse(TEXT)


async def get(app: Starlette, path: str, accepted: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://studio") as client:
        return await client.get(path, headers={"accept-encoding": accepted})


@pytest.mark.parametrize(
    ("path", "accepted", "encoding"), [("/", "gzip", "gzip"), ("/", "identity", None), ("/tile", "gzip", None)]
)
def test_only_the_page_is_compressed_and_only_where_the_browser_takes_it(
    path: str, accepted: str, encoding: str | None
) -> None:
    app = Starlette(routes=[Route(path, answer)], middleware=[Zipped.middleware()])
    found = run_to_its_end(get(app, path, accepted))
    assert found.text == TEXT
    assert found.headers.get("content-encoding") == encoding
    if encoding:
        assert int(found.headers["content-length"]) < len(TEXT) / 5
