"""All command lines alike: each option is explained with its default, a typo is told as one, and nothing is silent."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from studio import __main__ as studio_commands
from training import __main__ as training_commands
from training.core.command_line import Parser

PROJECT = Path(__file__).parents[1]
PARSERS = {
    "app.py": app._parser,
    "studio": studio_commands._parser,
    "training": training_commands._parser,
}
ENTRANCES = (["app.py"], ["-m", "studio"], ["-m", "training"])


def all_parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield a parser and those of its commands."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield from all_parsers(command)


def unexplained(parser: argparse.ArgumentParser) -> list[str]:
    """Name the arguments of a parser that have no help."""
    actions = [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]
    return [action.dest for action in actions if not action.help]


def without_default(parser: argparse.ArgumentParser) -> list[str]:
    """Name the options of a parser that take a value and whose help says no default and not that they are required."""
    formatter = parser._get_formatter()
    found = []
    for action in parser._actions:
        if action.option_strings and action.nargs != 0:
            said = formatter._expand_help(action)
            if "default" not in said and "(required)" not in said:
                found.append(action.option_strings[0])
    return found


EVERY = [(name, parser) for name, build in PARSERS.items() for parser in all_parsers(build())]


@pytest.mark.parametrize(("name", "parser"), EVERY, ids=[parser.prog for _, parser in EVERY])
def test_every_argument_is_explained_and_every_default_is_shown(name: str, parser: argparse.ArgumentParser) -> None:
    assert isinstance(parser, Parser)
    assert unexplained(parser) == []
    assert without_default(parser) == []


def test_an_option_without_help_or_default_would_be_found() -> None:
    parser = Parser()
    parser.add_argument("--plain")
    parser.add_argument("--flag", action="store_true", help="switches something on")
    parser.add_argument("--number", default=7, help="counts")
    assert unexplained(parser) == ["plain"]
    assert without_default(parser) == ["--plain"]
    assert "counts (default: 7)" in parser.format_help()


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("training", ["trian"], "'trian' is not one of: start, pack, train, ladder, bench, score, recipes, publish"),
        ("training", ["trian"], "did you mean 'train'?"),
        ("training", ["start", "x", "--minuts", "3"], "there is no option --minuts; did you mean '--minutes'?"),
        ("training", ["train", "best", "--dta", "x"], "there is no option --dta; did you mean '--data'?"),
        ("training", ["bench", "--precision", "flaot32"], "did you mean 'float32'?"),
        ("training", ["ladder", "--nothing-like-it"], "there is no option --nothing-like-it; allowed are: --help"),
        ("studio", ["exprot"], "did you mean 'export'?"),
        ("studio", ["verify", "x.png", "--sed=3"], "there is no option --sed; did you mean '--seed'?"),
        ("app.py", ["--chekpoints", "x"], "there is no option --chekpoints; did you mean '--checkpoints'?"),
        ("app.py", ["--port", "99999"], "'99999' is no port; 1 to 65535 are allowed"),
    ],
)
def test_a_typo_is_told_with_what_may_have_been_meant(
    name: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        PARSERS[name]().parse_args(words)
    assert stopped.value.code == 2
    *usage, error = capsys.readouterr().err.splitlines()
    assert usage[0].startswith("usage: ")
    assert error.startswith("error: ")
    assert said in error


def test_the_beginning_of_an_option_still_stands_for_it() -> None:
    assert PARSERS["training"]().parse_args(["start", "x", "--min", "3"]).minutes == 3


@pytest.mark.parametrize("main", [studio_commands.main, training_commands.main])
def test_without_a_command_the_help_is_printed(main: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(main)
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("usage: python -m ")


@pytest.mark.parametrize("words", ENTRANCES, ids=" ".join)
def test_a_line_is_said_before_anything_slow_is_imported(words: list[str], tmp_path: Path) -> None:
    """A torch that ends the program stands for one that takes its time."""
    for name in ("torch", "numpy", "gradio", "PIL"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('reached')", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, *words, "--help"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60)
    first, second = done.stderr.splitlines()
    assert first.startswith("loading PyTorch")
    assert second == "reached"
    assert done.stdout == ""
