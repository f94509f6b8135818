"""The page: its tabs, its theme, and the safe defaults with which it is launched."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import gradio as gr
import torch
from fastapi import FastAPI
from gradio.http_server import Server
from gradio.routes import App
from starlette.routing import BaseRoute, Mount

from studio.error_log import ERRORS
from studio.ui.about import tab as about
from studio.ui.api import gradio_api, mcp_server
from studio.ui.api.calls import Calls
from studio.ui.api.tools import tools
from studio.ui.browser_files import ROUTES as FILE_ROUTES
from studio.ui.browser_files import WithHead, importing
from studio.ui.checkpoints import panel as checkpoints
from studio.ui.checkpoints.upload_route import upload_routes
from studio.ui.compare import tab as compare
from studio.ui.component import RACE_SHEETS, style, told
from studio.ui.explore import tab as explore
from studio.ui.export import tab as export
from studio.ui.favourites import panel as favourites
from studio.ui.favourites.zip_route import zip_routes
from studio.ui.header import panel as header
from studio.ui.http_connections import bound
from studio.ui.http_hosts import host_of
from studio.ui.http_limits import Guard, Rules, Zipped
from studio.ui.morph import tab as morph
from studio.ui.race import tab as race_tab
from studio.ui.race.routes import race_routes
from studio.ui.seeds import tab as seeds
from studio.ui.services import Studio
from studio.ui.texts.i18n import LANGUAGES, in_language
from studio.ui.tunnels import close_tunnels, has_ended
from studio.ui.verify import tab as verify

FONTS = [
    "Atkinson Hyperlegible Next",  # Latin only, which shared/typeface.js brings once the first tile is there
    *("system-ui", "-apple-system", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "BIZ UDPGothic", "Yu Gothic"),
    "sans-serif",
]
HOSTS = "GAN_RACE_HOSTS"  # names further to those in http_hosts.py, with commas between
SPACE_HOST = "SPACE_HOST"  # the name of a Space, which can have a domain of its own
LIMITS = {
    "max_threads": 256,  # they wait for pictures, with a hundred visitors too; one thread draws
    "state_session_capacity": 200,
    "ssr_mode": False,  # a Space could ask for it: Node would stand before the guard
    "pwa": False,  # in a Space Gradio would link an icon, which is its own and not the studio's
}
OWN_ROUTES = [*favourites.ROUTES, *FILE_ROUTES]
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
WITH_RACE = {**{name: TABS[name] for name in TABS if name != "about"}, "race": race_tab, "about": about}


class Page(gr.Blocks):
    """The studio's Blocks; `launch()` needs nothing passed to look right and to be safe on a public link."""

    _own_routes: Sequence[BaseRoute] = OWN_ROUTES
    more_routes: Sequence[BaseRoute] = ()  # of what this page has beyond others
    more_sheets: Sequence[str] = ()
    _app: App | None = None
    _server: Server | None = None
    _studio: Studio | None = None
    _launched_with: tuple[Any, ...] = ()
    _mount_path: str | None = None
    _is_mounting = False
    _is_served = False

    def launch(self, *arguments: Any, **options: Any) -> Any:
        """Launch as Gradio does, with this page's looks and safe defaults for whatever is not passed.

        Routes and middleware in `app_kwargs` come beside the page's own; the guard stands before them all. A page that
        is open already is closed first where anything else is asked for now, or where its public link has ended.
        """
        asked = (arguments, dict(options))
        if self.is_running and (asked != self._launched_with or has_ended(self.server_port)):
            self.close(verbose=False)
        self._launched_with, self._is_served = asked, True
        app_kwargs = self._with_own(options.pop("app_kwargs", None))
        return super().launch(*arguments, **{**_defaults(self.more_sheets), **LIMITS, **options}, app_kwargs=app_kwargs)

    def mount(self, app: FastAPI, path: str, **options: Any) -> FastAPI:
        """Show the page at a path of another app, with its looks and its guard; return that app.

        `options` are those of `gradio.mount_gradio_app`. What the other app does with requests before, such as
        answering foreign origins, is its own affair.
        """
        app_kwargs = self._with_own(options.pop("app_kwargs", None))
        self._is_mounting = True
        try:
            gr.mount_gradio_app(app, self, path, **{**_defaults(self.more_sheets), **options}, app_kwargs=app_kwargs)
        finally:
            self._is_mounting = False
        *_, mounted = (route.app for route in app.routes if isinstance(route, Mount))
        self.app = cast(App, mounted)
        self._is_served = True
        return app

    def _with_own(self, app_kwargs: dict[str, Any] | None) -> dict[str, Any]:
        """Return what the app is made with, and note the routes that it lets in."""
        combined = _with_own(app_kwargs or {}, self.more_routes)
        self._own_routes = combined["routes"]
        return combined

    def close(self, verbose: bool = True) -> None:
        """Stop answering, and end the public link; `launch()` opens the page again."""
        if self.is_running:
            close_tunnels(self.server_port)
            self.share_url = None
        super().close(verbose)

    def discard(self) -> None:
        """Close the page for good: its threads end, and what they keep in memory goes."""
        self.close(verbose=False)
        if self._studio is not None:
            self._studio.close()
        self._let_go()

    def _let_go(self) -> None:
        """Drop what leads to the studio: Gradio itself keeps pages that were closed, and their apps."""
        self._studio, self.more_routes, self._own_routes = None, (), ()
        self._launched_with = ()
        for app in {id(one): one for one in (self._app, getattr(self, "server_app", None)) if one is not None}.values():
            app.router.routes.clear()
            app.user_middleware.clear()
            app.middleware_stack = None
        for part in [*self.blocks.values(), *self.fns.values()]:
            if part is not self:
                vars(part).clear()  # the functions of a component are among them
        self.blocks.clear()
        self.fns.clear()

    @property
    def app(self) -> App:
        """The app that answers for the page. Gradio sets it before it serves it, and here the guard is put before it.

        Among `app_kwargs` the guard would stand behind Gradio's middleware, which answers foreign origins.
        """
        if self._app is None:
            raise AttributeError("There is no app before the page is built.")
        return self._app

    @app.setter
    def app(self, app: App) -> None:
        login = app.auth is not None
        rules = Rules(self._own_routes, login, self._hosts, self._events, self._endpoints, lambda: self._is_served)
        app.add_middleware(Guard, rules=rules)
        self._app = app

    @property
    def server(self) -> Server:
        """The server that answers. Gradio sets it where the page is launched, and here its connections are bounded."""
        return cast(Server, self._server)

    @server.setter
    def server(self, server: Server | None) -> None:
        self._server = server
        if server is not None:
            bound(server)

    @property
    def custom_mount_path(self) -> str | None:
        """Where in another app the page is, if it is in one."""
        return self._mount_path

    @custom_mount_path.setter
    def custom_mount_path(self, path: str | None) -> None:
        if path is not None and not self._is_mounting:  # it would have neither its looks nor its guard
            raise ValueError(f"The studio mounts itself: call demo.mount(app, {path!r}), not gradio.mount_gradio_app.")
        self._mount_path = path

    def _hosts(self) -> set[str]:
        named = [*os.environ.get(HOSTS, "").split(","), os.environ.get(SPACE_HOST)]
        found = map(host_of, (self.share_url, self.root_path, getattr(self, "server_name", None), *named))
        return {host for host in found if host}

    def _events(self) -> set[int]:
        return {number for number, event in self.fns.items() if event.fn is not None} - self._endpoints()

    def _endpoints(self) -> set[int]:
        """Return the numbers of what programs may call: none, where the page was not built for them."""
        return {number for number, event in self.fns.items() if event.api_visibility == "public"}

    @staticmethod
    def last_errors() -> list[str]:
        """Return a line for each of the last internal errors, the newest last: for whoever runs the program.

        The page does not show them. Behind a public link every request comes from this machine, so that nothing in it
        tells the organiser from a visitor.
        """
        return ERRORS.lines()


def build(
    root: Path,
    device: torch.device | None = None,
    data: Path | None = None,
    adding: bool = True,
    race: Path | None = None,
    mcp: bool = False,
) -> Page:
    """Build the page over a folder of checkpoints; `device` draws what is looked at (a GPU where there is one).

    `data` is a folder or a packed file of real pictures, beside which drawn ones can be held. With `adding`,
    visitors may add checkpoints of their own. `race` is the folder of a race that is held here, on a tab of its own.
    With `mcp`, programs may ask for tiles and verdicts too: agents by the Model Context Protocol, and gradio_client.
    Raises ValueError for a folder without a race, and where `mcp` lacks its package.
    """
    if device is None:
        device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if mcp:
        mcp_server.check_package()
    studio = Studio(root, device, data, adding, race)
    asked_by_programs = tools(studio) if mcp else []
    with Page(title="GAN Race Studio", analytics_enabled=False, fill_width=True) as page:
        head = header.build(lambda: page.share_url)
        favourites.build(studio)
        checkpoints.build(studio)
        labels = _labels()
        with gr.Tabs(elem_id="race-tabs") as tabs:
            panes = []
            shown: Mapping[str, ModuleType] = WITH_RACE if studio.race else TABS
            for name, module in shown.items():
                with gr.Tab(label=labels(f"tab_{name}"), id=name) as pane:
                    module.build(studio)
                pane.select(None, js=f"() => {_telling(name)}", api_visibility="private")
                panes.append(pane)
        head.language(header.tab_labels(shown), outputs=panes, queue=False, api_visibility="private")
        head.open_tab(_chosen_tab(shown), outputs=tabs, queue=False, api_visibility="private")
        if mcp:
            gradio_api.build(asked_by_programs)
        page.load(_linked_tab(shown), outputs=tabs, queue=False, api_visibility="private")
    built = cast(Page, page)  # Gradio's context manager is untyped
    built._studio = studio
    for_programs = [*mcp_server.routes(asked_by_programs), *Calls(asked_by_programs).routes()] if mcp else []
    built.more_routes = [*_routes(studio), *for_programs]
    built.more_sheets = RACE_SHEETS if studio.race else ()
    return built


def _routes(studio: Studio) -> list[BaseRoute]:
    """Return the routes of what this studio has, beside those of every page."""
    race = race_routes(studio.race, studio.at_close) if studio.race else []
    return [*upload_routes(studio), *zip_routes(studio), *race]


def _telling(tab: str) -> str:
    """Return the JavaScript that tells the scripts of the page which tab is on the screen."""
    known = f"document.documentElement.dataset.tab = '{tab}'"  # at once: imports may come in another order
    return f"({known}, {importing('shared/tabs.js', '({ followTab }) => followTab()')})"


def _labels() -> gr.I18n:
    """Return the labels of the tabs, and what Gradio has no words for, in the language of the browser."""
    texts = {language: in_language(language) for language in LANGUAGES}
    return gr.I18n(
        **{
            language: {key: text for key, text in one.items() if key.startswith("tab_")} | {SPOKEN: one["page_ready"]}
            for language, one in texts.items()
        }
    )


def _linked_tab(tabs: Collection[str]) -> Callable[[gr.Request], gr.Tabs]:
    """Return what selects the tab that the link names, also where a mail program has written `&` as HTML does."""

    def linked(request: gr.Request) -> gr.Tabs:
        said = "&".join(f"{name}={value}" for name, value in request.query_params.items())
        named = re.search(r"(?:^|[&;])tab=(\w+)", said)  # HTML may have been made of it twice
        return _select(named[1] if named else None, tabs)

    return linked


def _chosen_tab(tabs: Collection[str]) -> Callable[[gr.EventData], gr.Tabs]:
    """Return what selects the tab that the page asks for and has no button of, as it did not fit beside the others."""

    def chosen(event: gr.EventData) -> gr.Tabs:
        return _select(told(event, "tab"), tabs)

    return chosen


def _select(tab: object, tabs: Collection[str]) -> gr.Tabs:
    return gr.Tabs(selected=tab) if isinstance(tab, str) and tab in tabs else gr.Tabs()


def _defaults(more_sheets: Sequence[str]) -> dict[str, Any]:
    return {
        "theme": gr.themes.Base(
            primary_hue="indigo", neutral_hue="zinc", font=FONTS, font_mono=["ui-monospace", "monospace"]
        ),
        "css": style(more_sheets),
        "i18n": _labels(),
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "allowed_paths": [],
    }


def _with_own(app_kwargs: dict[str, Any], more: Sequence[BaseRoute]) -> dict[str, Any]:
    """Return what the app is made with: what the caller passes, and the page's own routes and compression."""
    routes = [*OWN_ROUTES, *more, *(app_kwargs.get("routes") or [])]
    middleware = [*(app_kwargs.get("middleware") or []), Zipped.middleware(), WithHead.middleware()]
    return {**app_kwargs, "routes": routes, "middleware": middleware}
