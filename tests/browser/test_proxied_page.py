"""Below a path of a reverse proxy that says nothing of it, and mounted in another app, the page works as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from fastapi import FastAPI
from playwright.sync_api import Page

from studio.ui import page as studio_page
from tests.browser.conftest import wait_for_tile
from tests.proxies import proxy, served

Open = Callable[..., Page]


@pytest.fixture
def mounted(checkpoints: Path) -> Iterator[str]:
    built = studio_page.build(checkpoints, torch.device("cpu"))
    with served(built.mount(FastAPI(), "/gan")) as address:
        yield f"{address}/gan/"
    built.discard()


def use(page: Page) -> None:
    """Look at another seed, open a tab whose script has to come, and change the language."""
    page.evaluate("window.ganRace.setSeed({ seed: 5 })")
    wait_for_tile(page, seed=5)
    page.get_by_role("tab", name="Export").click()
    page.locator("#race-export[data-mounted]").wait_for()
    page.locator(".head .language").click()
    page.get_by_role("tab", name="書き出し").wait_for()


@pytest.mark.parametrize("path", ["/gan/?seed=3", "/gan?seed=3", "/a/b/?seed=3"])
def test_the_page_finds_the_program_below_a_path_that_the_program_does_not_know(
    address: str, open_page: Open, path: str
) -> None:
    with served(proxy(address, path.partition("?")[0].rstrip("/"))) as shown:
        page = open_page(f"{shown}{path}", quiet=False)  # Gradio asks in vain for a manifest
        assert page.url.startswith(f"{shown}{path.partition('?')[0].rstrip('/')}/?seed=3")
        wait_for_tile(page, seed=3)
        use(page)
        assert page.locator(".lost").is_hidden()


@pytest.mark.own_studio
def test_mounted_in_another_app_the_page_works(mounted: str, open_page: Open) -> None:
    page = open_page(f"{mounted}?seed=3", quiet=False)
    wait_for_tile(page, seed=3)
    use(page)
