"""README and docs are right: their commands parse, their paths exist, their tables and the tree are complete."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from studio import __main__ as studio_commands
from training import __main__ as training_commands
from training.core import tolerance
from training.core.generators import GENERATORS
from training.core.generators.base import LATENTS, OUTPUTS
from training.core.normalization import NORMS, WRAPS
from training.discriminators import CONDITIONS, DISCRIMINATORS, STATISTICS
from training.recipes.compatibility import CONTRADICTIONS
from training.recipes.overrides import configured
from training.recipes.presets import RECIPES
from training.recipes.recipe import Recipe
from training.runs.alarms import ALARMS
from training.tricks.augmentation import AUGMENTS
from training.tricks.initialization import INITS
from training.tricks.losses import LOSSES
from training.tricks.optimizers import OPTIMIZERS
from training.tricks.regularizers import PENALTIES

WITH_OTHERS = {"", *(rule.reason for rule in CONTRADICTIONS)}  # some settings need another one beside them
PROJECT = Path(__file__).parents[1]
PAGES = {path: path.read_text(encoding="utf-8") for path in (PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md"))}
README = PAGES[PROJECT / "README.md"]
ALL = "\n".join(PAGES.values())
RECIPE_PAGE, CONTRIBUTING = (PAGES[PROJECT / "docs" / name] for name in ("recipes.md", "contributing.md"))
MOST_LINES = 150  # of README, which leads to the docs
PARSERS = {"training": training_commands._parser, "studio": studio_commands._parser}
OPENS_THE_STUDIO = ("-m venv", "pip install", "python app.py")
PASSES_THE_TESTS = ("-m venv", "pip install", '".[test]"', "ruff check", "ruff format --check", "mypy", "-m pytest")


def blocks(language: str, text: str = README) -> list[str]:
    """Return the contents of the fenced blocks of one language."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.M | re.S)
    return [block for name, block in fences if name == language]


def commands(text: str = README) -> list[str]:
    """Return every line of the shell blocks."""
    return [line for block in blocks("sh", text) for line in block.splitlines() if line.strip()]


def module_commands(text: str = ALL) -> list[tuple[str, list[str]]]:
    """Return the module and the arguments of each `python -m training` and `python -m studio`."""
    words = [shlex.split(line) for line in commands(text)]
    return [(line[2], line[3:]) for line in words if line[:2] == ["python", "-m"] and line[2] in PARSERS]


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the commands of a parser."""
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {name: command for action in actions for name, command in action.choices.items()}


def all_commands(parser: argparse.ArgumentParser) -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """Return the parsers of the commands of a parser and of theirs, by the words that lead to each."""
    found = {(name,): command for name, command in subcommands(parser).items()}
    inner = {(*words, *more): one for words, command in found.items() for more, one in all_commands(command).items()}
    return found | inner


def options(parser: argparse.ArgumentParser) -> set[str]:
    """Return the long options of a parser, but --help."""
    return {name for action in parser._actions for name in action.option_strings if name.startswith("--")} - {"--help"}


def paths(text: str) -> set[str]:
    """Return every path that a link or a picture names."""
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    return {target.split("#")[0] for target in targets if not re.match(r"https?:|#", target)}


def tree() -> Iterator[str]:
    """Yield the paths that the tree lists."""
    (block,) = (block for block in blocks("", CONTRIBUTING) if block.startswith("app.py"))
    folder = ""
    for line in block.splitlines():
        name = line.split()[0]
        folder = (name if name.endswith("/") else "") if not line.startswith(" ") else folder
        yield name if not line.startswith(" ") else folder + name


def test_the_line_for_a_machine_without_a_gpu_installs_all_that_the_program_needs_of_pytorch_from_one_index() -> None:
    (line,) = [line for line in commands() if "--index-url" in line]
    named = line.split("pip install ")[1].split(" --index-url")[0].split()
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {name for name in map(_name, settings["project"]["dependencies"]) if name.startswith("torch")}
    assert set(named) == needed
    told = PAGES[PROJECT / "docs" / "limitations.md"].partition("without a GPU")[2].partition("\n- ")[0]
    assert all(name in told for name in needed)


def _name(requirement: str) -> str:
    found = re.match(r"[\w-]+", requirement)
    return found[0] if found else requirement


def test_the_first_two_commands_open_the_studio_and_pass_the_tests() -> None:
    first, second = commands()[:2]
    for command, parts in ((first, OPENS_THE_STUDIO), (second, PASSES_THE_TESTS)):
        places = [command.find(part) for part in parts]
        assert -1 not in places
        assert places == sorted(places)
        assert command.count(" && ") == len(re.split(r" && ", command)) - 1
        assert ";" not in command


def test_they_stand_before_anything_else() -> None:
    assert README.index(commands()[1]) < README.index("\n## ")


@pytest.mark.parametrize(("module", "arguments"), module_commands(), ids=lambda value: str(value))
def test_the_command_is_understood(module: str, arguments: list[str]) -> None:
    PARSERS[module]().parse_args(arguments)


@pytest.mark.parametrize("module", PARSERS)
def test_every_command_and_every_option_is_shown(module: str) -> None:
    shown = [arguments for name, arguments in module_commands() if name == module]
    for words, parser in all_commands(PARSERS[module]()).items():
        used = {word for arguments in shown if tuple(arguments[: len(words)]) == words for word in arguments}
        assert used, f"python -m {module} {' '.join(words)}"
        assert options(parser) <= used | set(re.findall(r"`(--[a-z-]+)`", ALL)), f"python -m {module} {words}"


def test_the_options_of_the_app_are_its_own() -> None:
    source = ast.parse((PROJECT / "app.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(source) if isinstance(node, ast.Call)]
    known = {call.args[0].value for call in calls if getattr(call.func, "attr", "") == "add_argument"}
    shown = {word for line in commands(ALL) if " app.py --" in line for word in line.split() if word.startswith("--")}
    shown |= {name for sentence in re.findall(r"`app\.py`[^.]*", ALL) for name in re.findall(r"--[a-z-]+", sentence)}
    assert shown == known


def test_every_recipe_has_a_row_and_every_row_a_recipe() -> None:
    section = RECIPE_PAGE.split("\n\nA recipe is")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.M) == list(RECIPES)
    assert f"- **Train** one of {len(RECIPES)} recipes" in ALL
    assert f"the {len(RECIPES)} recipes and every trick" in README


@pytest.mark.parametrize(
    ("switch", "table"),
    [
        ("`generator`", GENERATORS),
        ("`discriminator`", DISCRIMINATORS),
        ("`loss`", LOSSES),
        ("`penalties`", PENALTIES),
        ("`g_norm`, `d_norm`", NORMS),
        ("`g_wrap`, `d_wrap`", WRAPS),
        ("`d_statistic`", STATISTICS),
        ("`init`", INITS),
        ("`augment`", AUGMENTS),
        ("`g_optimizer`, `d_optimizer`", OPTIMIZERS),
        ("`condition`", CONDITIONS),
        ("`g_output`", OUTPUTS),
        ("`latent`", LATENTS),
    ],
)
def test_every_value_of_a_switch_is_named(switch: str, table: Collection[str]) -> None:
    (row,) = re.findall(rf"^\| {re.escape(switch)} \| (.*) \|$", RECIPE_PAGE, flags=re.M)
    values, *_ = row.split("; ")
    assert re.findall(r"`(\w+)`", re.sub(r" \([^)]*\)", "", values)) == list(table)


def test_every_setting_that_is_named_is_one() -> None:
    section = RECIPE_PAGE + PAGES[PROJECT / "docs" / "training.md"]
    words = " ".join(re.findall(r"`([^`\n]*=[^`\n]*)`", section))
    settings = re.findall(r"\b([a-z]\w*=[\w.:,]+)", words)
    assert len(settings) > 25
    plain = replace(RECIPES["course_sample"], augment=("color",))
    for setting in settings:
        name, _ = setting.split("=")
        assert name in plain.to_dict(), setting
        assert why_refused(plain, setting) in WITH_OTHERS, setting


def why_refused(recipe: Recipe, setting: str) -> str:
    try:
        configured(recipe, [setting])
    except ValueError as error:
        return str(error)
    return ""


def test_all_seventeen_items_of_how_to_train_a_gan_have_a_row() -> None:
    section = RECIPE_PAGE.split('\n## "How to train a GAN"')[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\d+) .*\| (keep|conditional|outdated) \| (.+) \|$", section, flags=re.M)
    assert [int(number) for number, _, _ in rows] == list(range(1, 18))


def test_every_alarm_has_a_row() -> None:
    section = RECIPE_PAGE.split("\nAn **alarm**")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, flags=re.M) == list(ALARMS)


def test_every_path_that_is_named_exists() -> None:
    found = {
        page: [path for path in sorted(paths(text)) if not (page.parent / path).exists()]
        for page, text in PAGES.items()
    }
    assert {page: absent for page, absent in found.items() if absent} == {}


def test_readme_is_short_and_leads_to_every_page() -> None:
    assert len(README.splitlines()) <= MOST_LINES
    assert {page.relative_to(PROJECT).as_posix() for page in PAGES if page.parent.name == "docs"} <= paths(README)


def test_the_japanese_half_has_the_same_commands() -> None:
    english, japanese = README.split("\n## 日本語\n")
    wanted = [block for block in blocks("sh", english) if "--index-url" not in block]
    assert blocks("sh", japanese) == wanted
    assert len(re.findall("[぀-ヿ一-鿿]", japanese)) > 600


def test_every_japanese_page_says_what_the_english_one_does() -> None:
    for page in sorted((PROJECT / "docs" / "ja").glob("*.md")):
        japanese, english = PAGES[page], PAGES[PROJECT / "docs" / page.name]
        assert f"](ja/{page.name})" in english
        assert f"](../{page.name})" in japanese
        for mark in ("```", r"\|", "#+ ", "- ", r"\d\. ", "!"):
            counts = [len(re.findall(f"^{mark}", text, flags=re.M)) for text in (english, japanese)]
            assert counts[0] == counts[1], (page.name, mark)
        assert blocks("sh", japanese) == blocks("sh", english), page.name
        assert set(re.findall(r"`([A-Z_]{6,}|--[a-z-]+)`", japanese)) == set(
            re.findall(r"`([A-Z_]{6,}|--[a-z-]+)`", english)
        )
        assert len(re.findall("[぀-ヿ一-鿿]", japanese)) > 0.25 * len(english), page.name


def test_the_tree_lists_what_there_is() -> None:
    listed = list(tree())
    assert [path for path in listed if not (PROJECT / path).exists()] == []
    inside = [path for folder in ("training", "studio") for path in (PROJECT / folder).iterdir()]
    rooms = [path for path in inside if path.suffix == ".py" or (path / "__init__.py").is_file()]
    there = {path.relative_to(PROJECT).as_posix() for path in rooms if path.name != "__init__.py"}
    assert there <= {path.rstrip("/") for path in listed}


def test_the_tolerance_is_the_verifiers() -> None:
    text = " ".join(ALL.split())
    tile, cell = f"{100 * tolerance.MAX_TILE_SHARE:g} %", f"{100 * tolerance.MAX_CELL_SHARE:g} %"
    assert (
        f"none differs by more than {tolerance.MAX_LEVELS} of 255 levels, and not more than {tile} of the tile's"
        in text
    )
    assert f"and {cell} of any cell's values differ" in text
    assert f"Where more than {tile} of the tile's values differ, those cells fail in which more than {tile} do" in text


def test_what_is_wrong_would_be_found() -> None:
    text = "```sh\npython -m training train best --epochs 5\n```\n[a](studio/nowhere.py) [b](https://a.org/x)"
    ((module, arguments),) = module_commands(text)
    with pytest.raises(SystemExit):
        PARSERS[module]().parse_args(arguments)
    assert paths(text) == {"studio/nowhere.py"}
