"""Put a component of the page together from its HTML and JavaScript files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from studio.ui.texts.i18n import LANGUAGES, in_language

HERE = Path(__file__).parent
SHARED = (  # put into client.js
    *("url_state", "visitor_secret", "local_favourites", "shortcuts", "gestures", "history_strip", "seen_seeds"),
    *("prefetch", "nearest_panel", "lightbox", "file_input", "removed_checkpoints", "submission_status"),
)
SHEETS = (
    *("shared/page.css", "seeds/tab.css", "compare/tab.css", "morph/tab.css"),
    *("checkpoints/panel.css", "about/tab.css"),
)


def component(
    name: str,
    functions: Sequence[Callable[[Any], Any]],
    scripts: tuple[str, ...] = (),
    *,
    kind: str = "tab",
    **props: Any,
) -> gr.HTML:
    """Build the component of the folder `name`, of its `kind`.html and `kind`.js; its script can call `functions`.

    Further `scripts` of the folder, or of another where they name one, continue the first, in its scope.
    """
    own = [kind, *scripts]
    files = [f"{script if '/' in script else f'{name}/{script}'}.js" for script in own]
    return gr.HTML(
        html_template=_read(f"{name}/{kind}.html").replace("__LENS__", _read("shared/lightbox.html")),
        js_on_load="\n".join(map(_read, files)),
        server_functions=list(functions),
        elem_id=f"race-{name}",
        apply_default_css=False,
        **props,
    )


def common_script() -> str:
    """Return the script that all parts share, with every text in every language; it stands once in the page's head."""
    texts = json.dumps({language: in_language(language) for language in LANGUAGES}, ensure_ascii=False)
    texts = texts.replace("</", "<\\/")  # which would end the script
    more = "\n".join(_read(f"shared/{name}.js") for name in SHARED)
    return _read("shared/client.js").replace("__MORE__", more).replace("__TEXTS__", texts)


def to_base64(data: bytes) -> str:
    """Write bytes as the page takes them."""
    return base64.b64encode(data).decode("ascii")


def told(event: gr.EventData, name: str) -> object:
    """Return what the page tells with an event by this name, or None, also where it tells nothing at all."""
    try:
        return getattr(event, name, None)
    except TypeError:  # there is no data to look into
        return None


def style() -> str:
    """Return the style sheet of the page."""
    return "\n".join(_read(name) for name in SHEETS)


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
