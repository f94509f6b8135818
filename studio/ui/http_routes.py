"""Which requests the page sends. Every other route is shut, also one that a later version of Gradio brings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.types import Scope

from studio.checkpoints.uploads import PIECE_BYTES

MAX_BODY_BYTES = 24 * 2**20  # a tile's file, in base64, and what is told of it
SMALL_BODY_BYTES = 2**16
JSON = "application/json"  # which a form of a foreign page cannot send without asking first
API = "/gradio_api/"  # where the paths begin of all that Gradio, or agents, ask in JSON
BYTES = "application/octet-stream"  # nor bytes under this name
FORM = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Door:
    """A kind of request that is let in: its method, a pattern of its whole path, and what its body may be."""

    method: str
    path: str
    longest: int = SMALL_BODY_BYTES
    kinds: tuple[str, ...] = (JSON,)


EVENT = Door("POST", r"/gradio_api/run/predict/?")
PAGE = Door("GET", r"/")
DOORS = (
    PAGE,
    Door("HEAD", r"/"),  # by which Gradio looks whether the page is there
    Door("GET", r"/(assets|static)/.+"),
    Door("GET", r"/theme\.css"),
    Door("GET", r"/favicon\.ico"),
    Door("GET", r"/manifest\.json"),
    Door("GET", r"/robots\.txt"),
    Door("GET", r"/config/?"),  # what stands in the page, too; for clients that read no HTML
    Door("GET", r"/gradio_api/startup-events"),  # Gradio asks for it itself, once
    Door("GET", r"/gradio_api/app_id/?"),  # a page that has lost the program asks whether it is the same again
    Door("POST", r"/gradio_api/component_server/?", longest=MAX_BODY_BYTES),
    Door("POST", r"/race/uploads/[^/]+/[^/]+", longest=PIECE_BYTES, kinds=(BYTES,)),  # all that its route matches
    Door("POST", r"/race/favourites\.zip"),
    EVENT,
)
JOIN = Door("POST", r"/gradio_api/queue/join/?", longest=MAX_BODY_BYTES)
PROGRAMS = (  # by which gradio_client calls a named endpoint; the page itself needs none of them
    Door("GET", r"/gradio_api/info/?"),
    JOIN,
    Door("GET", r"/gradio_api/queue/data/?"),
)
LOGIN = (Door("POST", r"/login/?", kinds=FORM), Door("GET", r"/logout"))
NONCE = "race.nonce"  # in the scope of a request for the page: what each script has that stands in it
OWN = Door("", "", longest=MAX_BODY_BYTES, kinds=())  # of a route that the program brought itself: any kind of body


def page_path(scope: Scope) -> str:
    """Return the path of a request below the one at which a reverse proxy, or another app, shows the page."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def is_page(scope: Scope) -> bool:
    """Tell whether a request is for the page itself, of which the login is one form."""
    return scope["type"] == "http" and scope["method"] == "GET" and page_path(scope) in ("", "/")


def door_for(method: str, path: str, login: bool = False, programs: bool = False) -> Door | None:
    """Return what a request is let in by, or None; `login`: visitors log in first; `programs`: these may ask, too."""
    doors = DOORS + (LOGIN if login else ()) + (PROGRAMS if programs else ())
    return next((one for one in doors if one.method == method and re.fullmatch(one.path, path)), None)
