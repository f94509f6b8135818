"""What the command lines of the training, the studio and the page share. It imports nothing that is slow to load."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from training.core.output import print_error
from training.core.suggestions import did_you_mean

USAGE_ERROR = 2  # the exit code of a command line that cannot be understood


def announce(what: str) -> None:
    """Say on stderr what is being loaded: PyTorch takes up to a quarter of a minute on a cold machine."""
    print(f"loading {what} ...", file=sys.stderr, flush=True)


class Help(argparse.HelpFormatter):
    """Adds to the help of each option its default, or that it is required, unless the help says so itself."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text = action.help or ""
        if not action.option_strings or "default" in text:
            return text
        if action.required:
            return f"{text} (required)"
        return text if _has_no_default(action.default) else f"{text} (default: %(default)s)"


def _has_no_default(default: object) -> bool:
    return default is None or default is False or default in ([], argparse.SUPPRESS)


def _asks_for_json(words: Sequence[str]) -> bool:
    """Tell whether --json is among the words, which may be shortened as any option."""
    options = words[: words.index("--")] if "--" in words else words
    return any(word.startswith("--j") and "--json".startswith(word) for word in options)


class Parser(argparse.ArgumentParser):
    """A parser whose help shows each default, and which says what a misspelt command or option may have meant."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Help, **options})
        self._json = False  # the words that are parsed ask for JSON

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Refuse unknown options before anything else is found missing, so that a typo is told as one."""
        words = list(sys.argv[1:] if args is None else args)
        self._json = _asks_for_json(words)
        for word in self._own(words):
            self._check_option(word.partition("=")[0])
        return super().parse_known_args(words, namespace)

    def _own(self, words: Sequence[str]) -> Iterator[str]:
        """Yield the words that are long options of this parser, not those after the name of a command."""
        has_commands = any(isinstance(action, argparse._SubParsersAction) for action in self._actions)
        for word in words:
            if word == "--" or (has_commands and not word.startswith("-")):
                return
            if word.startswith("--"):
                yield word

    def _check_option(self, name: str) -> None:
        known = [option for option in self._option_string_actions if option.startswith("--")]
        if not any(option.startswith(name) for option in known):
            self.error(f"there is no option {name}{did_you_mean(name, known) or '; allowed are: ' + ', '.join(known)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            allowed = list(map(str, action.choices))
            message = f"{value!r} is not one of: {', '.join(allowed)}{did_you_mean(value, allowed)}"
            raise argparse.ArgumentError(action, message)

    def error(self, message: str) -> NoReturn:
        """Leave after the usage and one sentence, which is on stdout as well where JSON is asked for."""
        print(self.format_usage(), end="", file=sys.stderr)
        print_error("error", message, as_json=self._json)
        self.exit(USAGE_ERROR)
