"""Put a part of the page together from its HTML and JavaScript files."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from studio.ui.texts import LANGUAGES, in_language

HERE = Path(__file__).parent
SHARED = (  # put into common.js
    *("link.js", "secret.js", "favourites_kept.js", "keys.js", "touch.js"),
    *("visited.js", "looked.js", "ahead.js", "copies.js", "lens.js", "files.js", "gone.js", "legal.js"),
)
SHEETS = ("page.css", "seeds.css", "compare.css", "morph.css", "checkpoints.css", "about.css")


def part(name: str, functions: list[Callable[[Any], Any]], scripts: tuple[str, ...] = (), **props: Any) -> gr.HTML:
    """Build the component of `name`.html and `name`.js; `functions` can be called from its script.

    Further `scripts` continue that of the name, in its scope.
    """
    files = [f"{name}.js", *(f"{script}.js" for script in scripts)]
    return gr.HTML(
        html_template=_read(f"{name}.html").replace("__LENS__", _read("lens.html")),
        js_on_load="\n".join(map(_read, files)),
        server_functions=functions,
        elem_id=f"race-{name}",
        apply_default_css=False,
        **props,
    )


def common_script() -> str:
    """Return the script that all parts share, with every text in every language; it stands once in the page's head."""
    texts = json.dumps({language: in_language(language) for language in LANGUAGES}, ensure_ascii=False)
    texts = texts.replace("</", "<\\/")  # which would end the script
    more = "\n".join(_read(name) for name in SHARED)
    return _read("common.js").replace("__MORE__", more).replace("__TEXTS__", texts)


def to_base64(data: bytes) -> str:
    """Write bytes as the page takes them."""
    return base64.b64encode(data).decode("ascii")


def style() -> str:
    """Return the style sheet of the page."""
    return "\n".join(_read(name) for name in SHEETS)


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
