"""Open the studio: `python app.py`, or `from app import demo; demo.launch(share=True)` in a notebook."""

from __future__ import annotations

from studio.space import runtime
from training.core.command_line import Parser, announce

if __name__ == "__main__":
    announce("PyTorch and the page")  # before the imports that take their time
    runtime.prepare()  # before PyTorch, which ZeroGPU changes

import argparse
import os
import sys
from pathlib import Path
from typing import NamedTuple

from studio.ui.page import Page, build
from training.core import hub
from training.core.output import printable

LAST_PORT = 65535
FAILED = 2
OFF = ("", "off", "no", "false", "0")


class _Opened(NamedTuple):
    """The page that `demo` is, and the settings with which it was built."""

    page: Page
    settings: dict[str, str]


_opened: _Opened | None = None


def __getattr__(name: str) -> Page:
    """Build the page when `demo` is first asked for, so that importing this module does nothing.

    Once the environment variables of the program have changed, the page is closed and another takes its place.
    """
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    global _opened
    settings, former = _settings(), _opened
    if former is not None and former.settings == settings:
        return former.page
    checkpoints, data = Path(hub.local_name(_checkpoints())), _data()
    pictures = hub.local_data(data) if data else None
    page = build(checkpoints, data=pictures, adding=_adding(), race=_race(), mcp=_mcp())
    _opened = _Opened(page, settings)
    if former is not None:
        former.page.discard()
    return page


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("GAN_RACE_")}


def _checkpoints() -> str:
    return os.environ.get("GAN_RACE_CHECKPOINTS") or str(Path(__file__).parent / "checkpoints")


def _data() -> str | None:
    return os.environ.get("GAN_RACE_DATA") or None


def _race() -> Path | None:
    return Path(os.environ["GAN_RACE_RACE"]) if os.environ.get("GAN_RACE_RACE") else None


def _adding() -> bool:
    return os.environ.get("GAN_RACE_ADDING", "on").lower() not in OFF


def _mcp() -> bool:
    return os.environ.get("GAN_RACE_MCP", "off").lower() not in OFF


def main() -> int:
    """Open the studio on this machine, or on a public link with --share; return 2 after one sentence on stderr."""
    options = _parser().parse_args()
    try:
        checkpoints = hub.opened(options.checkpoints)
        data = hub.opened_data(options.data) if options.data else None
        _check(checkpoints, data)
        adding = _adding() and not options.no_adding
        device = runtime.drawing_device()
        page = build(checkpoints, device=device, data=data, adding=adding, race=options.race, mcp=options.mcp)
        page.launch(server_port=options.port, share=options.share)
    except (OSError, ValueError) as error:
        print(printable(f"error: {error}"), file=sys.stderr)
        return FAILED
    return 0


def _check(checkpoints: Path, data: Path | None) -> None:
    """Refuse places that do not exist before the page is built. Raises OSError."""
    if not checkpoints.exists():
        raise FileNotFoundError(f"{checkpoints} does not exist; --checkpoints names a folder of checkpoints.")
    if not checkpoints.is_dir():
        raise NotADirectoryError(f"{checkpoints} is a file; --checkpoints names a folder of checkpoints.")
    if data is not None and not data.exists():
        raise FileNotFoundError(f"{data} does not exist; --data names a folder of pictures or a packed file.")


def _parser() -> Parser:
    parser = Parser(prog="python app.py", description="Open GAN Race Studio in the browser.")
    parser.add_argument(
        "--checkpoints",
        type=hub.place,
        default=_checkpoints(),
        metavar="DIR",
        help="the checkpoints to show: a folder, or hf://owner/name",
    )
    parser.add_argument(
        "--data",
        type=hub.data_place,
        default=_data(),
        metavar="PATH",
        help="real pictures to hold drawn ones against: a folder, a packed file, or hf://owner/name (default: none)",
    )
    parser.add_argument("--no-adding", action="store_true", help="let nobody add a checkpoint from the page")
    parser.add_argument("--port", type=_port, metavar="N", help="default: the first free one from 7860 on")
    parser.add_argument("--share", action="store_true", help="also open a public link")
    parser.add_argument(
        "--mcp",
        action="store_true",
        default=_mcp(),
        help="let agents (Model Context Protocol) and gradio_client draw, verify and compare tiles",
    )
    parser.add_argument(
        "--race",
        type=Path,
        default=_race(),
        metavar="FOLDER",
        help="a race that `python -m studio race new` began (default: none)",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; 1 to {LAST_PORT} are allowed")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
