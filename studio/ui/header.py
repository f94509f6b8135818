"""The head of the page: its name and the switch of the language."""

from __future__ import annotations

import gradio as gr

from studio.ui.parts import part
from studio.ui.texts import LANGUAGES, in_language


def build(tabs: list[str]) -> gr.HTML:
    """Build the header; its event `language` carries the language that was chosen, `open_tab` the tab."""
    return part("header", [], tabs=tabs)


def tab_labels(event: gr.EventData) -> list[gr.Tab]:
    """Name the tabs in the language that the page has switched to."""
    language = getattr(event, "language", None)
    texts = in_language(language if language in LANGUAGES else LANGUAGES[0])
    return [gr.Tab(label=text) for key, text in texts.items() if key.startswith("tab_")]
