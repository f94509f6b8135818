"""Put a component of the page together from its HTML, its script and the functions that the script can call."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from studio.ui.browser_files import importing

HERE = Path(__file__).parent
SHEETS = (
    *("shared/page.css", "seeds/tab.css", "compare/tab.css", "morph/tab.css", "verify/tab.css"),
    *("checkpoints/panel.css", "about/tab.css"),
)
RACE_SHEETS = ("race/tab.css",)


def component(
    name: str,
    functions: Sequence[Callable[[Any], Any]],
    *,
    kind: str = "tab",
    events: Sequence[str] = (),
    **props: Any,
) -> gr.HTML:
    """Build the component of the folder `name`, of its `kind`.html and `kind`.js; its script can call `functions`.

    Gradio finds in the script which `events` the component can trigger.
    """
    given = f"{{ element, props, server, trigger, events: {json.dumps(list(events))} }}"
    mount = f'({{ mount }}) => mount("{name}/{kind}.js", {given})'
    return gr.HTML(
        html_template=_read(f"{name}/{kind}.html").replace("__LENS__", _read("shared/lightbox.html")),
        js_on_load=f"{importing('shared/mount.js', mount)};",
        server_functions=list(functions),
        elem_id=f"race-{name}",
        elem_classes="race-part",
        apply_default_css=False,
        **props,
    )


def to_base64(data: bytes) -> str:
    """Write bytes as the page takes them."""
    return base64.b64encode(data).decode("ascii")


def told(event: gr.EventData, name: str) -> object:
    """Return what the page tells with an event by this name, or None, also where it tells nothing at all."""
    try:
        return getattr(event, name, None)
    except TypeError:  # there is no data to look into
        return None


def style(more: Sequence[str] = ()) -> str:
    """Return the style sheet of the page; `more` are the sheets of parts that not every page has."""
    return "\n".join(_read(name) for name in (*SHEETS, *more))


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
