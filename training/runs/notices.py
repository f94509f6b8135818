"""What a training says to whoever watches it: warnings that leave the progress bar whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm


def warn(text: str) -> None:
    """Print a warning above the progress bar."""
    tqdm.write(f"warning: {text}")  # print would tear the bar


def sentence(error: OSError) -> str:
    """Return an error's message as a sentence."""
    return f"{str(error).rstrip('.')}."


@contextmanager
def failures_as_warnings() -> Iterator[None]:
    """Tell what could not be written, and go on: a drive may be back, or have room, the next time."""
    try:
        yield
    except OSError as error:
        warn(f"{sentence(error)} The training goes on and tries again.")
