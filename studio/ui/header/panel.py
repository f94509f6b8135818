"""The head of the page: its name, the link and its QR code, and the switch of the language."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import gradio as gr

from studio.qr_code import ONE_MACHINE, LinkError, check_link, is_of_one_machine, moved, to_svg
from studio.ui.component import component, to_base64, told
from studio.ui.header.messages import LinkReply, LinkRequest, Reach
from studio.ui.protocol import RequestError, answers
from studio.ui.texts.i18n import LANGUAGES, in_language


def build(public_link: Callable[[], str | None]) -> gr.HTML:
    """Build the header; its event `language` carries the language that was chosen, `open_tab` the tab.

    `public_link` tells the address at which others reach the page, once it is launched and where there is one.
    """

    @answers
    def link_code(asked: LinkRequest) -> LinkReply:
        """Return the QR code of the page's link, or of the public one where only this machine reaches the page."""
        link, public = _checked_link(asked.link), public_link()
        one_machine = is_of_one_machine(link)
        reach: Reach = "qr_one_machine" if one_machine else "qr_open"
        if one_machine and public:
            link, reach = moved(link, public), "qr_moved"
        return LinkReply(link=link, reach=reach, svg=to_base64(to_svg(link)))

    events = ("language", "open_tab")
    return component("header", [link_code], kind="panel", events=events, one_machine=list(ONE_MACHINE))


def _checked_link(link: str) -> str:
    try:
        return check_link(link)
    except LinkError as error:
        raise RequestError("error_link", value=link[:80]) from error


def tab_labels(tabs: Iterable[str]) -> Callable[[gr.EventData], list[gr.Tab]]:
    """Return what names these tabs in the language that the page has switched to."""

    def labels(event: gr.EventData) -> list[gr.Tab]:
        language = told(event, "language")
        texts = in_language(language if language in LANGUAGES else LANGUAGES[0])
        return [gr.Tab(label=texts[f"tab_{name}"]) for name in tabs]

    return labels
