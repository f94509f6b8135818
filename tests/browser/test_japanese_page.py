"""In Japanese the page speaks Japanese also where the program or a passport speaks English."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect
from safetensors.torch import load, save_file

from studio import render
from tests.browser.conftest import PHONE, too_wide
from training.checkpoint import CONFIG, WEIGHTS
from training.images import NotFiniteError
from training.recipes import RECIPES

Open = Callable[..., Page]


def write_recipe(folder: Path, summary: str) -> None:
    values = json.loads((folder / CONFIG).read_text())
    values["about"] |= {"recipe": {"summary": summary}, "images": 4096}
    (folder / CONFIG).write_text(json.dumps(values))


def write_not_finite(folder: Path) -> None:
    state = load((folder / WEIGHTS).read_bytes())
    save_file(
        {name: value / 0 if value.is_floating_point() else value for name, value in state.items()}, folder / WEIGHTS
    )


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "lost": (lambda folder: (folder / WEIGHTS).unlink(), "重みのファイルがありません。"),
    "cut": (
        lambda folder: (folder / WEIGHTS).write_bytes(b"{"),
        "重みのファイルが壊れているか、safetensors ではありません。",
    ),
    "odd": (
        lambda folder: (folder / CONFIG).write_text('{"format": 9}'),
        "has the format 9; this program reads format 1.",
    ),
    "pickled": (
        lambda folder: torch.save({"x": torch.zeros(1)}, folder / WEIGHTS),
        "重みのファイルが pickle 形式です。",
    ),
    "wild": (write_not_finite, "重みに NaN か無限大が含まれています。"),
}


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desktop", "phone"])
def test_the_reason_why_a_checkpoint_cannot_be_used_is_said_in_japanese(
    options: dict[str, Any], address: str, checkpoints: Path, make_checkpoint: Callable[..., Path], open_page: Open
) -> None:
    for name, (damage, _) in DAMAGE.items():
        damage(make_checkpoint(checkpoints / name, seed=5))
    page = open_page(f"{address}?lang=ja", **options)
    page.locator("button.chip").click()
    rows = page.locator(".broken-list li")
    expect(rows).to_have_count(len(DAMAGE))
    for name, (_, words) in DAMAGE.items():
        expect(rows.filter(has_text=name).locator(".why")).to_contain_text(words)
        expect(rows.filter(has_text=name).locator(".why")).to_contain_text(re.compile("[ぁ-ん]"))
        expect(page.locator(".problems li").filter(has_text=f"{name}: ")).to_contain_text(words)
    assert too_wide(page) == []
    page.evaluate("window.ganRace.setLanguage('en')")
    expect(rows.filter(has_text="lost").locator(".why")).to_have_text(f"lost has no {WEIGHTS}.")


def test_a_checkpoint_that_is_damaged_while_it_is_shown_says_why_in_japanese(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?lang=ja")
    (checkpoints / "alpha" / WEIGHTS).write_bytes(b"{")
    page.get_by_role("tab", name="書き出し").click()
    page.get_by_role("button", name="PNG をダウンロード").click()
    expect(page.locator(".export .status")).to_have_text(
        "チェックポイントを使えません: 重みのファイルが壊れているか、safetensors ではありません。"
    )


def test_a_recipe_of_the_project_is_told_in_japanese_and_others_in_their_own_words(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    write_recipe(checkpoints / "alpha", RECIPES["wgan_gp"].summary)
    write_recipe(checkpoints / "beta", "my own mixture")
    page = open_page(f"{address}?lang=ja")
    page.locator(".passport summary").click()
    expect(page.locator(".passport .facts")).to_contain_text("勾配ペナルティ 10")
    page.locator("select.checkpoint").select_option(index=1)
    expect(page.locator(".passport .facts")).to_contain_text("my own mixture")
    page.locator("button.chip").click()
    row = page.locator(".row-button", has_text="alpha")
    expect(row).to_have_attribute("title", re.compile("勾配ペナルティ 10"))
    page.locator("dialog.checkpoints .search").fill("勾配ペナルティ")
    expect(page.locator(".row-button")).to_have_count(1)
    page.locator("dialog.checkpoints .search").fill("")
    page.evaluate("window.ganRace.setLanguage('en')")
    expect(row).to_have_attribute("title", RECIPES["wgan_gp"].summary)


def test_a_checkpoint_that_draws_no_colours_is_named(
    address: str, checkpoints: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverged(*_: object) -> None:
        raise NotFiniteError("The generator returned values that are not finite.")

    monkeypatch.setattr(render, "draw", diverged)
    page = open_page(address)
    page.keyboard.press("d")
    sha256 = page.evaluate("window.ganRace.find(window.ganRace.list, window.ganRace.list.default).sha256")
    status = page.locator(".race.explore .status")
    expect(status).to_have_text(
        f"alpha · 1,001 images · {sha256[:8]} gives values that are no colours (NaN): its training has diverged. "
        "Choose another one."
    )
    page.evaluate("window.ganRace.setLanguage('ja')")
    expect(status).to_contain_text(f"alpha · 1,001 枚 · {sha256[:8]} の出力は数値が壊れています（NaN）。")
