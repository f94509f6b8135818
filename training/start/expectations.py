"""What pictures of the recipe `best` look like after how many images, and so what a machine can reach in some minutes.

The table was read off one training of `best` from seed 0 on 6,000 photographs of flowers, in batches of 16, whose
checkpoints at 1,024, 2,048, ... 32,768 images were looked at; docs/training.md shows it. No number decides what a
person calls a flower.
"""

from __future__ import annotations

from typing import NamedTuple

BATCH = 16  # of the training that was looked at
FEW_PICTURES = 1000  # with fewer, a GAN may learn its pictures by heart
HOURS_LATER = (2, 12)  # a first evening, and Colab's longest runtime


class Level(NamedTuple):
    """From so many images on a tile looks like this."""

    images: int
    looks: str


LEVELS = (
    Level(0, "noise"),
    Level(1_000, "colours and blobs"),
    Level(4_000, "petals and textures"),
    Level(8_000, "flower heads, rough and much alike"),
    Level(16_000, "flowers, with faults"),
    Level(32_000, "flowers, the best of them good"),
)
FLOWERS = 16_000


def level(images: float) -> Level:
    """Return what is seen after so many images in batches of 16."""
    return next(one for one in reversed(LEVELS) if images >= one.images)


def comparable(images: float, batch: int) -> float:
    """Return the images that take as many steps in batches of 16, where these were in batches of `batch`.

    A larger batch learns more from a step, so that this promises too little rather than too much.
    """
    return images * BATCH / batch


def expectation(speed: float, batch: int, minutes: float, already: int = 0) -> str:
    """Say what a machine of `speed` images a second shows after some minutes, beyond `already` images."""
    images = already + speed * minutes * 60
    return f"in {duration(minutes)} {level(comparable(images, batch)).looks} ({rounded(images):,} images)"


def outlook(speed: float, batch: int, minutes: float, already: int = 0) -> str:
    """Say what the minutes of this call bring, and what the next of two longer times does."""
    later = next((60 * hours for hours in HOURS_LATER if 60 * hours >= 2 * minutes), 2 * minutes)
    parts = [expectation(speed, batch, one, already) for one in (minutes, later)]
    return f"{'; '.join(parts)}"


def warning(pictures: int, images: float) -> str | None:
    """Say that pictures are few, and how often each is seen in so many images; None where there are enough."""
    if pictures >= FEW_PICTURES:
        return None
    times = f"{images / pictures:,.0f} times" if images >= 1.5 * pictures else "once at most"
    return (
        f"{pictures:,} pictures are few: each is seen {times} in this call, and the generator may come to "
        f"draw near copies of them; {FEW_PICTURES:,} or more are better"
    )


def duration(minutes: float) -> str:
    """Return minutes as a person says them: 40 seconds, 10 minutes, 2 hours."""
    if minutes < 1:
        return f"{minutes * 60:.0f} seconds"
    number, unit = (f"{minutes:.3g}", "minute") if minutes < 120 else (f"{minutes / 60:.3g}", "hour")
    return f"{number} {unit}" if number == "1" else f"{number} {unit}s"


def rounded(images: float) -> int:
    """Return a number of images to two digits, as exact as a measured speed allows."""
    return int(float(f"{images:.2g}"))
