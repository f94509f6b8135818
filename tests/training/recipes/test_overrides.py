from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from training.recipes.overrides import configured, find_recipe
from training.recipes.presets import DCGAN, LECAM, WGAN_GP


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("batch=16", "batch", 16),
        ("g_lr=1e-3", "g_lr", 1e-3),
        ("beta1=0", "beta1", 0.0),
        ("flip=false", "flip", False),
        ("sliced=True", "sliced", True),
        ("loss=hinge", "loss", "hinge"),
        ("augment=color,cutout", "augment", ("color", "cutout")),
        ("augment=", "augment", ()),
        ("penalties=lecam:0.1, drift:1e-3", "penalties", (("lecam", 0.1), ("drift", 1e-3))),
        ("penalties=", "penalties", ()),
        ("summary=a = b", "summary", "a = b"),
    ],
)
def test_a_setting_becomes_a_value_of_its_fields_type(setting: str, field: str, value: object) -> None:
    changed = configured(DCGAN, [setting])
    assert getattr(changed, field) == value
    assert type(getattr(changed, field)) is type(value)
    assert replace(changed, **{field: getattr(DCGAN, field)}) == DCGAN


def test_settings_are_applied_together() -> None:
    changed = configured(DCGAN, ["d_norm=layer", "penalties=gradient:10", "loss=wasserstein"])
    assert (changed.d_norm, changed.loss) == ("layer", "wasserstein")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("batch", "The setting 'batch' is not of the form name=value."),
        ("bach=3", "The field of a recipe 'bach' is not one of: summary, generator"),
        ("batch=many", "The batch 'many' is not a whole number."),
        ("batch=1.5", "The batch '1.5' is not a whole number."),
        ("g_lr=fast", "The g_lr 'fast' is not a number."),
        ("flip=perhaps", "The flip 'perhaps' is not true or false."),
        ("penalties=r1", "The penalties 'r1' is not a list such as r1:10,lecam:0.01."),
        ("penalties=r1:much", "The penalties 'r1:much' is not a list such as"),
        ("batch=0", "The batch 0 is not from 1 to 1024."),
        ("g_lr=nan", "The g_lr nan is not from 1e-08 to 1."),
        ("loss=hinged", "The loss 'hinged' is not one of: non_saturating"),
    ],
)
def test_a_setting_that_fails_is_one_sentence(setting: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^The") as refused:
        configured(DCGAN, [setting])
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)


def test_a_toml_file_is_a_base_and_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'base = "wgan_gp"\nsummary = "mine"\nd_steps = 2\nbeta1 = 0\naugment = ["color"]\n[penalties]\ngradient = 5\n',
        encoding="utf-8",
    )
    expected = replace(
        WGAN_GP, summary="mine", d_steps=2, beta1=0.0, augment=("color",), penalties=(("gradient", 5.0),)
    )
    assert find_recipe(str(file)) == expected


def test_a_python_file_sets_recipe(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "from dataclasses import replace\nfrom training.recipes.presets import LECAM\n"
        "RECIPE = replace(LECAM, batch=8)\n",
        encoding="utf-8",
    )
    assert find_recipe(str(file)) == replace(LECAM, batch=8)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.toml", None, "cannot be read"),
        ("a.toml", "base = ", "cannot be read"),
        ("a.toml", "batch = 3", r"The base of .* None is not one of: best, course_sample"),
        ("a.toml", 'base = "dcgun"', r"'dcgun' is not one of"),
        ("a.toml", 'base = "dcgan"\nbatch = "3"', r"The batch '3' is not a whole number\."),
        ("a.toml", 'base = "dcgan"\nbatch = true', r"The batch True is not a whole number\."),
        ("a.toml", 'base = "dcgan"\nflip = 1', r"The flip 1 is not true or false\."),
        ("a.toml", 'base = "dcgan"\nloss = 1', r"The loss 1 is not a text\."),
        ("a.toml", 'base = "dcgan"\naugment = 1', r"The augment 1 is not a list"),
        ("a.toml", 'base = "dcgan"\npenalties = ["r1"]', r"The penalties .* is not a list"),
        ("a.toml", 'base = "dcgan"\n[penalties]\nr1 = "10"', r"The weight of r1 '10' is not from"),
        ("a.toml", 'base = "dcgan"\n[penalties]\nr1 = true', r"The weight of r1 True is not from"),
        ("a.toml", 'base = ["dcgan"]', r"\['dcgan'\] is not one of"),
        ("a.toml", f'base = "dcgan"\ng_lr = {10**400}', r"The g_lr 10+ is not from"),
        ("a.py", "import sys\nsys.exit(0)", "cannot be run: SystemExit: 0"),
        ("a.py", "raise ValueError('two\\nlines')", "cannot be run: ValueError: two lines"),
        ("a.toml", 'base = "dcgan"\nbach = 3', r"The field of a recipe 'bach' is not one of"),
        ("a.py", None, "cannot be run: FileNotFoundError"),
        ("a.py", "1 / 0", "cannot be run: ZeroDivisionError: division by zero"),
        ("a.py", "RECIPE = 3", "sets RECIPE to 3, which is no Recipe"),
        ("a.py", "recipe = 3", "sets RECIPE to None, which is no Recipe"),
    ],
)
def test_a_file_that_is_no_recipe_is_one_sentence(tmp_path: Path, name: str, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=sentence):
        find_recipe(str(tmp_path / name))
