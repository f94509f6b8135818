"""The scripts, texts and the typeface that the browser fetches, and those scripts that come with the page.

The scripts are ES modules. What the first tile needs stands in the page itself: over HTTP/1.1, with its six connections
at once, one request for each would bring the first tile 0.8 s later at a round trip of 150 ms. Everything else has an
address with a hash of all files, so that a browser may keep it for ever and never mixes two versions. Where visitors
log in, only they get any of it. An import map tells the browser where each module is; modules import each other by
their relative names, which are written as names of that map (`race/shared/texts.js`) here.
"""

from __future__ import annotations

import gzip
import hashlib
import inspect
import json
import posixpath
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.ui.http_routes import NONCE, is_page
from studio.ui.texts.i18n import CATALOGUES, LANGUAGES, in_language

FOLDER = Path(__file__).parent
PATH = "race/ui"
SCRIPT, TEXTS, FONT = "text/javascript; charset=utf-8", "application/json", "font/woff2"
TYPEFACE = "fonts/atkinson-hyperlegible-next.woff2"  # its Latin part; its licence, OFL 1.1, lies beside it
FOR_EVER = "private, max-age=31536000, immutable"
VERSION_LETTERS = 16
NAMED = "race/"  # before the names of modules
ENTRANCE = "shared/mount.js"
AT_ONCE = ("explore/tab.js", "header/panel.js", "favourites/panel.js", "checkpoints/panel.js")  # what every visit needs
IMPORTED = re.compile(r"""^((?:import|export|\} from)\b[^;"]*")(\.[^"]+)";""", re.M)
NAMES = re.compile(rf"""^(?:import|export|\}} from)\b[^;"]*"{NAMED}([^"]+)";""", re.M)
HEAD = b"<head>"
SCRIPT_TAG = "<script"
UNMOUNTED = '.race-part[id^="race-"]:not([data-mounted]) { visibility: hidden }'  # its buttons would do nothing yet


class BrowserFile(NamedTuple):
    """A file's content as it is and compressed, and its kind; a typeface is compressed in itself."""

    plain: bytes
    zipped: bytes | None
    kind: str


@cache
def browser_files() -> dict[str, BrowserFile]:
    """Return every script of a folder of `studio/ui` (`explore/tab.js`), the texts of each language, the typeface."""
    scripts = sorted(path for path in FOLDER.glob("*/*.js") if path.parent.name != "node_modules")
    contents = {path.relative_to(FOLDER).as_posix(): (_module(path), SCRIPT) for path in scripts}
    for part in CATALOGUES:
        contents |= {_texts_file(part, language): (_texts(part, language), TEXTS) for language in LANGUAGES}
    files = {name: BrowserFile(plain, gzip.compress(plain, mtime=0), kind) for name, (plain, kind) in contents.items()}
    return {**files, TYPEFACE: BrowserFile((FOLDER / TYPEFACE).read_bytes(), None, FONT)}


def _module(path: Path) -> bytes:
    """Return a script with the names of the import map in place of relative ones."""
    folder = path.parent.name

    def named(match: re.Match[str]) -> str:
        return f'{match[1]}{NAMED}{posixpath.normpath(posixpath.join(folder, match[2]))}";'

    return IMPORTED.sub(named, path.read_text(encoding="utf-8")).encode()


def _texts_file(part: str, language: str) -> str:
    return "/".join(filter(None, ("texts", part, f"{language}.json")))


def _texts(part: str, language: str) -> bytes:
    texts = {"texts": in_language(language, part)}
    return json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()


@cache
def version() -> str:
    """Return a hash of all files, in hexadecimal."""
    digest = hashlib.sha256()
    for name, file in browser_files().items():
        digest.update(f"{name} {len(file.plain)}\n".encode() + file.plain)
    return digest.hexdigest()[:VERSION_LETTERS]


def address_of(name: str) -> str:
    """Return the address of a file, seen from the page. Raises KeyError where there is none."""
    if name not in browser_files():
        raise KeyError(name)
    return f"{PATH}/{version()}/{name}"


def importing(name: str, use: str) -> str:
    """Return an expression of JavaScript that imports a script and then calls `use` with what the script exports."""
    if name not in browser_files():
        raise KeyError(name)
    return f'import("{NAMED}{name}").then({use})'


def needed_by(names: Iterable[str]) -> list[str]:
    """Return these scripts and all that they import, in their order; not what is imported once it is wanted."""
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = None
            waiting += NAMES.findall(browser_files()[name].plain.decode())
    return list(found)


@cache
def location_script() -> str:
    """Return the script by which the page, that of the login too, finds the program below a path of a proxy."""
    return f"<script>{(FOLDER / 'page_location.js').read_text(encoding='utf-8')}</script>"


@cache
def head() -> str:
    """Return what the head of the page begins with: how a part waits, the modules of the first tile, the map of all."""
    scripts = {name: file.plain.decode() for name, file in browser_files().items() if file.kind == SCRIPT}
    first = needed_by((ENTRANCE, *AT_ONCE))
    modules = {
        "inlined": {f"{NAMED}{name}": scripts[name] for name in first},
        "addresses": {f"{NAMED}{name}": f"./{address_of(name)}" for name in scripts if name not in first},
        "texts": _text_addresses(""),
        "more_texts": {part: _text_addresses(part) for part in CATALOGUES if part},
        "typeface": address_of(TYPEFACE),
    }
    data = json.dumps(modules, ensure_ascii=False).replace("<", "\\u003c")  # which could end the element
    return "\n".join(
        (
            f"<style>{UNMOUNTED}</style>",
            f'<script type="application/json" id="race-modules">{data}</script>',
            f"<script>{(FOLDER / 'import_map.js').read_text(encoding='utf-8')}</script>",
            f'<script type="module">import "{NAMED}{ENTRANCE}";</script>',
        )
    )


def _text_addresses(part: str) -> dict[str, str]:
    return {language: address_of(_texts_file(part, language)) for language in LANGUAGES}


async def answer(request: Request) -> Response:
    """Answer with a file: 401 to who has not logged in where visitors do, 404 for another version or no file."""
    if not await is_let_in(request):
        return Response("Log in first.", 401, {"Cache-Control": "no-store"})
    is_current = request.path_params["version"] == version()
    file = browser_files().get(request.path_params["name"]) if is_current else None
    if file is None:
        return Response("There is nothing here.", 404, {"Cache-Control": "no-store"})
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if file.zipped is None or "gzip" not in request.headers.get("Accept-Encoding", ""):
        return Response(file.plain, headers=headers, media_type=file.kind)
    return Response(file.zipped, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.kind)


ROUTES = [Route(f"/{PATH}/{{version}}/{{name:path}}", answer)]


class WithHead:
    """ASGI middleware that begins the head of the page itself; Gradio would do so only once its own scripts run."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @classmethod
    def middleware(cls) -> Middleware:
        """Return it in the form that an app is given."""
        return Middleware(cls)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on every answer but the page's as it is."""
        if is_page(scope):
            added = f"{location_script()}\n{head()}" if await is_let_in(Request(scope)) else location_script()
            send = _with_head(send, added.encode(), scope.get(NONCE, ""))
        await self.app(scope, receive, send)


def _with_head(send: Send, added: bytes, nonce: str) -> Send:
    """Return a `send` that waits for the whole of an answer, and begins its head with `added` where it is a page.

    Each script that stands in it gets the nonce, by which the browser tells it from one that somebody has slipped in.
    What visitors have written comes later, and never as HTML of the page itself.
    """
    marked = f'{SCRIPT_TAG} nonce="{nonce}"'.encode()
    start: Message = {}
    body = bytearray()

    async def gathered(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            start = message
            return
        body.extend(message.get("body", b""))
        if message.get("more_body", False):
            return
        content = bytes(body).replace(HEAD, HEAD + b"\n" + added, 1).replace(SCRIPT_TAG.encode(), marked)
        MutableHeaders(raw=start["headers"])["content-length"] = str(len(content))
        await send(start)
        await send({"type": "http.response.body", "body": content})

    return gathered


async def is_let_in(request: Request) -> bool:
    """Tell whether Gradio would show the page to whoever asks: it does not ask for the login on routes of others."""
    app: Any = request.app
    if app.auth_dependency is not None:
        user = app.auth_dependency(request)
        return (await user if inspect.isawaitable(user) else user) is not None
    cookies = (f"access-token-{app.cookie_id}", f"access-token-unsecure-{app.cookie_id}")
    return app.auth is None or any(app.tokens.get(request.cookies.get(name)) is not None for name in cookies)
