"""Open the studio: `python app.py`, or `from app import demo; demo.launch(share=True)` in a notebook."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from studio.ui.page import Page, build
from training.core import hub

CHECKPOINTS = os.environ.get("GAN_RACE_CHECKPOINTS") or str(Path(__file__).parent / "checkpoints")
ADDING = os.environ.get("GAN_RACE_ADDING", "on").lower() not in ("off", "no", "false", "0")
DATA = Path(os.environ["GAN_RACE_DATA"]) if os.environ.get("GAN_RACE_DATA") else None


def __getattr__(name: str) -> Page:
    """Build the page when `demo` is first asked for, so that importing this module does nothing."""
    if name != "demo":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = page = build(Path(hub.local_name(CHECKPOINTS)), data=DATA, adding=ADDING)
    return page


def _opened(parser: argparse.ArgumentParser, checkpoints: hub.Place) -> Path:
    """Return the local folder of the checkpoints, or leave with one sentence."""
    try:
        return hub.opened(checkpoints)
    except hub.HubError as error:
        parser.error(str(error))


def main() -> None:
    """Open the studio on this machine, or on a public link with --share."""
    parser = argparse.ArgumentParser(description="Open GAN Race Studio in the browser.")
    parser.add_argument(
        "--checkpoints", type=hub.place, default=CHECKPOINTS, metavar="DIR", help="a folder, or hf://owner/name"
    )
    parser.add_argument("--data", type=Path, default=DATA, metavar="PATH", help="pictures to hold drawn ones against")
    parser.add_argument("--no-adding", action="store_true", help="let nobody add a checkpoint from the page")
    parser.add_argument("--port", type=int, metavar="N", help="by default the first free one from 7860 on")
    parser.add_argument("--share", action="store_true", help="also open a public link")
    parser.add_argument("--race", type=Path, metavar="FOLDER", help="a race that `python -m studio race new` began")
    options = parser.parse_args()
    checkpoints, adding = _opened(parser, options.checkpoints), ADDING and not options.no_adding
    try:
        page = build(checkpoints, data=options.data, adding=adding, race=options.race)
    except ValueError as error:
        parser.error(str(error))
    page.launch(server_port=options.port, share=options.share)


if __name__ == "__main__":
    main()
