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

from studio.rendering import renderer
from tests.browser.conftest import PHONE, choose_checkpoint, reload_with_list, too_wide
from training.core.checkpoint import CONFIG, WEIGHTS
from training.core.imagenet_features import NAME
from training.core.pixels import NotFiniteError
from training.evaluation.feature_extractors import NETWORKS
from training.recipes.presets import RECIPES

Open = Callable[..., Page]


def write_about(folder: Path, **about: object) -> None:
    values = json.loads((folder / CONFIG).read_text())
    values["about"] |= about
    (folder / CONFIG).write_text(json.dumps(values))


def write_recipe(folder: Path, summary: str) -> None:
    write_about(folder, recipe={"summary": summary}, images=4096)


def edit_generator(folder: Path, **values: object) -> None:
    config = json.loads((folder / CONFIG).read_text())
    config["generator"] |= values
    (folder / CONFIG).write_text(json.dumps(config))


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
        "odd/config.json の format は 9 です。このプログラムが読めるのは 1 です。",
    ),
    "torn": (
        lambda folder: (folder / CONFIG).write_text('{"format"'),
        "torn/config.json は JSON として正しくありません（1 行 10 列の付近）。",
    ),
    "narrow": (lambda folder: edit_generator(folder, width=8), "の形は "),
    "strange": (
        lambda folder: edit_generator(folder, network="vae"),
        "strange/config.json の generator が 'vae' になっています。使える値: ",
    ),
    "nameless": (
        lambda folder: save_file({"x": torch.zeros(1)}, folder / WEIGHTS),
        "nameless/model.safetensors の重みの名前が config.json の設定と合いません: ",
    ),
    "pickled": (
        lambda folder: torch.save({"x": torch.zeros(1)}, folder / WEIGHTS),
        "重みのファイルが pickle 形式です。",
    ),
    "wild": (write_not_finite, "重みに NaN か無限大が含まれています。"),
}


@pytest.mark.own_studio
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
        expect(rows.filter(has_text=name).locator(".why")).not_to_contain_text(
            re.compile(r"[a-z]+ (is|has|holds|and) ")
        )
        expect(page.locator(".problems li").filter(has_text=f"{name}: ")).to_contain_text(words)
    assert too_wide(page) == []
    page.evaluate("window.ganRace.setLanguage('en')")
    expect(rows.filter(has_text="lost").locator(".why")).to_have_text(f"lost has no {WEIGHTS}.")


@pytest.mark.own_studio
def test_a_checkpoint_that_is_damaged_while_it_is_shown_says_why_in_japanese(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    page = open_page(f"{address}?lang=ja")
    reload_with_list(page)
    # A list would find the damage first, and lead to the other checkpoint: no more of them are answered.
    page.route("**", lambda route: None if "list_checkpoints" in (route.request.post_data or "") else route.continue_())
    (checkpoints / "alpha" / WEIGHTS).write_bytes(b"{")
    page.get_by_role("tab", name="書き出し").click()
    page.get_by_role("button", name="PNG をダウンロード").click()
    expect(page.locator(".export .status")).to_have_text(
        "チェックポイントを使えません: 重みのファイルが壊れているか、safetensors ではありません。"
    )


@pytest.mark.own_studio
def test_a_recipe_of_the_project_is_told_in_japanese_and_others_in_their_own_words(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    write_recipe(checkpoints / "alpha", RECIPES["wgan_gp"].summary)
    write_recipe(checkpoints / "beta", "my own mixture")
    page = open_page(f"{address}?lang=ja")
    page.locator(".passport summary").click()
    expect(page.locator(".passport .facts")).to_contain_text("勾配ペナルティ 10")
    choose_checkpoint(page, index=1)
    expect(page.locator(".passport .facts")).to_contain_text("my own mixture")
    page.locator("button.chip").click()
    row = page.locator(".row-button", has_text="alpha")
    expect(row).to_have_attribute("title", re.compile("勾配ペナルティ 10"))
    page.locator("dialog.checkpoints .search").fill("勾配ペナルティ")
    expect(page.locator(".row-button")).to_have_count(1)
    page.locator("dialog.checkpoints .search").fill("")
    page.evaluate("window.ganRace.setLanguage('en')")
    expect(row).to_have_attribute("title", RECIPES["wgan_gp"].summary)


@pytest.mark.own_studio
def test_networks_and_devices_are_told_in_japanese_and_unknown_ones_in_their_own_words(
    address: str, checkpoints: Path, open_page: Open
) -> None:
    metrics = [{"network": name, "fakes": 1000, "kid": 0.5} for name in (NETWORKS["squeezenet"].name, "My Net")]
    devices = ["1 CPU threads", "2 CPU threads", "Tesla T4"]
    runtimes = [{"device": device} for device in devices]
    write_about(checkpoints / "alpha", pretrained=NAME, runtimes=runtimes, metrics=metrics, recipe={"summary": "x"})
    page = open_page(f"{address}?lang=ja")
    page.locator(".passport summary").click()
    trained, looked = (
        "CPU（1 スレッド）、CPU（2 スレッド）、Tesla T4",
        "EfficientNet-Lite0（ImageNet で学習済み、Apache-2.0）",
    )
    expect(page.locator(".passport .facts")).to_contain_text(trained)
    expect(page.locator(".passport .facts")).to_contain_text(looked)
    page.evaluate("window.ganRace.openTab('about')")
    expect(page.locator(".about .board h3")).to_have_text(["My Net", "SqueezeNet 1.1（ImageNet で学習済み、BSD）"])
    expect(page.locator(".about .board").first).to_contain_text(f"学習に {looked} を利用しています。")
    page.evaluate("window.ganRace.openTab('compare')")
    page.locator("details.settings > summary").click()
    page.locator(".show-all").check()
    expect(page.locator(".settings-table")).to_contain_text(trained)
    expect(page.locator(".settings-table")).to_contain_text(looked)
    expect(page.locator(".scores")).to_contain_text("SqueezeNet 1.1（ImageNet で学習済み、BSD）")
    expect(page.locator(".scores")).to_contain_text("My Net")
    page.evaluate("window.ganRace.setLanguage('en')")
    expect(page.locator(".settings-table")).to_contain_text("CPU, 1 thread; CPU, 2 threads; Tesla T4")
    expect(page.locator(".settings-table")).to_contain_text(NAME)


ERRORS: list[tuple[str, str, dict[str, str], str]] = [
    ("error_film", "problem_log", {}, "動画を作れませんでした: 理由はプログラムのログにあります。"),
    (
        "error_film",
        "problem_ffmpeg",
        {"words": "No space"},
        "動画を作れませんでした: ffmpeg が動画を書き込めませんでした（No space）",
    ),
    (
        "error_film",
        "problem_diverged",
        {},
        "動画を作れませんでした: 出力に NaN か無限大が含まれています。学習が発散したものです。",
    ),
    (
        "error_copies",
        "problem_label",
        {"path": "a.csv", "line": "3", "label": "'x'", "most": "999"},
        "学習画像を使えません: a.csv の 3 行目: ラベル 'x' は 0 から 999 までの整数ではありません。",
    ),
    (
        "error_copies",
        "problem_disk",
        {},
        "学習画像を使えません: ディスクの読み書きに失敗しました。空き容量とアクセス権を確認してください。",
    ),
    ("error_copies", "problem_other", {}, "学習画像を使えません: 理由はプログラムのログにあります。"),
]


def test_an_error_with_a_reason_of_the_program_is_told_in_japanese(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?lang=ja", tile=False)
    for code, why, values, words in ERRORS:
        error = {"code": code, "values": {"reason": {"code": why, "values": values}}}
        assert page.evaluate("(error) => window.ganRace.errorText(error)", error) == words


@pytest.mark.own_studio
def test_a_checkpoint_that_draws_no_colours_is_named(
    address: str, checkpoints: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverged(*_: object, **__: object) -> None:
        raise NotFiniteError("The generator returned values that are not finite.")

    monkeypatch.setattr(renderer, "draw", diverged)
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
