"""The page: its tabs, its theme, and the safe defaults with which it is launched."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import gradio as gr
import torch

from studio.ui.about import tab as about
from studio.ui.checkpoints import panel as checkpoints
from studio.ui.compare import tab as compare
from studio.ui.component import common_script, style
from studio.ui.explore import tab as explore
from studio.ui.export import tab as export
from studio.ui.favourites import panel as favourites
from studio.ui.header import panel as header
from studio.ui.http_limits import Guard, Zipped
from studio.ui.morph import tab as morph
from studio.ui.protocol import MISHAPS
from studio.ui.seeds import tab as seeds
from studio.ui.services import Studio
from studio.ui.texts.i18n import LANGUAGES, in_language
from studio.ui.verify import tab as verify

FONTS = ["system-ui", "-apple-system", "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic", "sans-serif"]
SPOKEN = "common.complete"  # which Gradio has read out by its name
TABS = {
    "explore": explore,
    "seeds": seeds,
    "compare": compare,
    "morph": morph,
    "export": export,
    "verify": verify,
    "about": about,
}


class Page(gr.Blocks):
    """The studio's Blocks; `launch()` needs nothing passed to look right and to be safe on a public link."""

    def launch(self, *arguments: Any, **options: Any) -> Any:
        """Launch as Gradio does, with this page's looks and safe defaults for whatever is not passed."""
        head = f"<script>{common_script()}</script>\n{options.pop('head', None) or ''}"
        return super().launch(*arguments, **{**_defaults(), **options}, head=head)

    @staticmethod
    def last_errors() -> list[str]:
        """Return a line for each of the last internal errors, the newest last: for whoever runs the program.

        The page does not show them. Behind a public link every request comes from this machine, so that nothing in it
        tells the organiser from a visitor.
        """
        return MISHAPS.lines()


def build(root: Path, device: torch.device | None = None, data: Path | None = None, adding: bool = True) -> Page:
    """Build the page over a folder of checkpoints; `device` draws what is looked at (a GPU where there is one).

    `data` is a folder or a packed file of real pictures, beside which drawn ones can be held. With `adding`,
    visitors may add checkpoints of their own.
    """
    if device is None:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    studio = Studio(root, device, data, adding)
    with Page(title="GAN Race Studio", analytics_enabled=False, fill_width=True) as page:
        head = header.build(lambda: page.share_url)
        favourites.build(studio)
        checkpoints.build(studio)
        labels = _labels()
        with gr.Tabs(elem_id="race-tabs") as tabs:
            panes = []
            for name, module in TABS.items():
                with gr.Tab(label=labels(f"tab_{name}"), id=name) as pane:
                    module.build(studio)
                pane.select(None, js=f"() => window.ganRace.tabShown('{name}')", api_visibility="private")
                panes.append(pane)
        head.language(header.tab_labels, outputs=panes, queue=False, api_visibility="private")
        head.open_tab(_chosen_tab, outputs=tabs, queue=False, api_visibility="private")
        page.load(_linked_tab, outputs=tabs, queue=False, api_visibility="private")
    return cast(Page, page)  # Gradio's context manager is untyped


def _labels() -> gr.I18n:
    """Return the labels of the tabs, and what Gradio has no words for, in the language of the browser."""
    texts = {language: in_language(language) for language in LANGUAGES}
    return gr.I18n(
        **{
            language: {key: text for key, text in one.items() if key.startswith("tab_")} | {SPOKEN: one["page_ready"]}
            for language, one in texts.items()
        }
    )


def _linked_tab(request: gr.Request) -> gr.Tabs:
    """Select the tab that the link names."""
    return _select(request.query_params.get("tab"))


def _chosen_tab(event: gr.EventData) -> gr.Tabs:
    """Select the tab that the page asks for and has no button of, because it did not fit beside the others."""
    return _select(getattr(event, "tab", None))


def _select(tab: object) -> gr.Tabs:
    return gr.Tabs(selected=tab) if isinstance(tab, str) and tab in TABS else gr.Tabs()


def _defaults() -> dict[str, Any]:
    return {
        "theme": gr.themes.Base(
            primary_hue="teal", neutral_hue="zinc", font=FONTS, font_mono=["ui-monospace", "monospace"]
        ),
        "css": style(),
        "i18n": _labels(),
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "allowed_paths": [],
        "max_threads": 64,  # they wait for pictures; one thread draws
        "state_session_capacity": 200,
        "app_kwargs": {"middleware": [Guard.middleware(), Zipped.middleware()], "routes": favourites.ROUTES},
    }
