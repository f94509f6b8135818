"""Names that a reader takes for one another, and names that nobody does."""

from __future__ import annotations

import pytest

from studio.checkpoints.look_alikes import LETTERS, passes_for, skeleton

OFFICIAL = {"dcgan", "best", "projected", "fastgan", "stylegan2_light", "wgan_gp", "model", "花の GAN", "x" * 40}


@pytest.mark.parametrize(
    "name",
    [
        *("dcgan", "DCGAN", "d-c-g-a-n", " dcgan. ", "ｄｃｇａｎ", "𝐝𝐜𝐠𝐚𝐧", "ⓓⓒⓖⓐⓝ"),
        *("dсgan", "dcgаn", "ԁсɡаո", "dcgán", "đcgan", "dc\u0308gan"),
        *("bеst", "ƅest", "ΒΕЅТ", "be\u200bst"),
        *("sty1egan2_1ight", "stylegan2_Iight", "STYLEGAN2 LIGHT", "styleɡan2_light"),
        *("wgan—gp", "vvgan_gp", "ѡgan_gp", "rnodel", "mode|", "modeI", "m0del"),
        *("dcgan1", "dcgan2", "DCGAN007", "dсgan1", "best9", "花のＧＡＮ", "花のGAN3"),
        *("best\u1160", "best\u115f", "be\uffa0st", "best\u3164", "be\u034fst", "best2\u3164"),
        *("ꓐꓰꓢꓔ", "ᗷᗴᔕᎢ", "𐌁𐌄𐌔𐌕", "besꓔ", "ⲃest", "be𐍃t", "𐐒est", "beжt", "proյected", "besꓔ2"),
        *("ɓest", "ᶀest", "🅱est", "🇧🇪🇸🇹", "proȷected", "fasƭgan", "pr𝟎jected", "pr߀jected"),
        *("be$t", "乃乇丂ㄒ", "bestⅠ", "best①", "best²", "best۱", "best2."),
    ],
)
def test_a_name_that_passes_for_an_official_one_is_known(name: str) -> None:
    assert passes_for(name, OFFICIAL)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "dcgan-78k",
        "dcgan 2",
        "dcgan-2",
        "my dcgan",
        "dcgans",
        "bests",
        "rest",
        "gan",
        "花",
        "犬の GAN",
        *(
            "ベスト",
            "最良のbest",
            "bロst",
            "花のモデル-2",
            "モデル三",
            "베스트",
            "best 花",
            "best-2",
            "best (2)",
            "2026-01 花 3",
        ),
        *("Модель", "цветы GAN", "лучшая", "λουλούδια", "ดอกไม้", "🌸 gan", "fleurs d'été"),
        "2",
        "stylegan3",
    ],
)
def test_any_other_name_passes_for_none(name: str) -> None:
    assert not passes_for(name, OFFICIAL)


def test_a_name_of_signs_alone_is_compared_as_it_is() -> None:
    assert skeleton("···") != skeleton("---")
    assert passes_for("···", {"···"})


@pytest.mark.parametrize(("sign", "letter"), [(chr(sign), letter) for sign, letter in LETTERS.items()])
def test_each_sign_of_the_table_is_reached(sign: str, letter: str) -> None:
    assert skeleton(f"x{sign}x") == skeleton(f"x{letter}x")
