"""Names of flowers: under an enlarged picture, where the generator knows all 102; otherwise the number alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from playwright.sync_api import Page, expect

from studio.ui.texts.i18n import TEXTS
from tests.browser.conftest import open_more, wait_for_tile
from training.core import checkpoint
from training.core.generators import GeneratorConfig, build_generator
from training.core.latents import labels

KIND = int(labels(4, 100, 102)[37])
FLOWER = f"flower_{KIND}"
JAPANESE = [TEXTS[f"flower_{number}"][1] for number in range(102)]


def make_conditional(folder: Path, classes: int) -> None:
    """Write the checkpoint of a small generator that knows classes."""
    torch.manual_seed(classes)
    config = GeneratorConfig(network="dcgan", z_dim=8, resolution=16, width=4, classes=classes)
    folder.mkdir(parents=True)
    checkpoint.save(folder, config, build_generator(config).state_dict(), {"images": 1000})


def test_a_flower_is_called_by_its_name_and_other_classes_by_their_number(
    checkpoints: Path, serve: Callable[[Path], str], open_page: Callable[..., Page]
) -> None:
    make_conditional(checkpoints / "all", 102)
    make_conditional(checkpoints / "few", 3)
    (checkpoints / "default").write_text("alpha")
    page = open_page(f"{serve(checkpoints)}?seed=4&cell=37", locale="ja-JP")
    wait_for_tile(page, seed=4)
    caption, select = page.locator(".explore .cell-caption"), page.locator(".explore select.checkpoint")
    expect(caption).to_have_text("画像 37 · 4 行 8 列")
    page.keyboard.press("Escape")
    for name, english, japanese in (
        ("all", f"class {KIND}: {TEXTS[FLOWER][0]}", f"クラス {KIND}: {TEXTS[FLOWER][1]}"),
        ("few", f"class {int(labels(4, 100, 3)[37])}", f"クラス {int(labels(4, 100, 3)[37])}"),
    ):
        open_more(page)
        select.select_option(select.locator("option", has_text=name).get_attribute("value"))
        page.wait_for_function("(name) => window.ganRace.shown.name === name", arg=name)
        box = page.locator(".race .tile").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.35)
        page.wait_for_selector(".explore .lens[open]")
        for language, said in (("en", f" · {english}"), ("ja", f" · {japanese}")):
            page.evaluate("(language) => window.ganRace.setLanguage(language)", language)
            assert caption.inner_text().endswith(said)
        page.keyboard.press("Escape")
    page.evaluate("window.ganRace.compare(window.ganRace.list.checkpoints.map((one) => one.sha256).slice(0, 4))")
    page.wait_for_selector(".compare .tile-grid figure:nth-child(4) img.tile")
    page.evaluate("document.querySelector('.compare .tile-grid .frame').scrollIntoView()")
    page.locator(".compare .tile-grid .frame").first.click()
    captions = page.locator(".lens.cells figcaption")
    expect(captions).to_have_count(4)
    texts = captions.all_text_contents()
    assert [("クラス" in text, any(japanese in text for japanese in JAPANESE)) for text in texts] == [
        (True, True),
        (False, False),
        (False, False),
        (True, False),
    ]
