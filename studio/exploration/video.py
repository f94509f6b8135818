"""From pictures to a film: H.264 through ffmpeg, animated WebP and GIF through Pillow."""

from __future__ import annotations

import functools
import importlib
import io
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from training.core.coded_error import CodedError
from training.core.paths import temporary_prefix
from training.core.pixels import Pixels

RATES = (12, 24, 30)  # pictures a second
SIDES = (320, 480, 640, 960)  # of a film, in pixels; even, as H.264's halved colours need it
QUALITY = 20  # x264's constant rate factor: small differences from the frames, some 2 megabytes for three seconds
MAX_BITS_PER_SECOND = 12_000_000
WEBP_QUALITY = 85
COLOURS, PALETTE_SIDE = 256, 80  # of a GIF
STEPS = {"webp": 1, "gif": 10}  # in which a format says how long a frame is shown, in milliseconds
# Browsers take untagged films of this size for another colour matrix than that of the picture: so it is said.
COLOUR_MATRIX = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-color_range", "tv"]
COLOUR_TAGS = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]


class VideoError(CodedError, RuntimeError):
    """A film cannot be written; the message says why, in one sentence."""


@dataclass(frozen=True)
class Kind:
    """A format of films: its media type, and how many pixels a film may have in all, since memory is bounded."""

    media_type: str
    most_pixels: int


KINDS = {
    "mp4": Kind("video/mp4", 600 * 960 * 960),  # written as it comes, so this bounds time and not memory
    "webp": Kind("image/webp", 32_000_000),  # Pillow keeps all frames until the end
    "gif": Kind("image/gif", 32_000_000),
}


def available() -> list[str]:
    """List the kinds that can be written here; the best comes first."""
    return [kind for kind in KINDS if kind != "mp4" or ffmpeg() is not None]


@functools.cache
def ffmpeg() -> str | None:
    """Return the ffmpeg that writes H.264: that of the extra `video`, otherwise the system's, otherwise None."""
    return next(filter(_writes_h264, _programs()), None)


def _programs() -> Iterator[str]:
    with suppress(ImportError, RuntimeError):  # RuntimeError: the package has no program for this system
        yield str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    found = shutil.which("ffmpeg")
    if found is not None:
        yield found


def _writes_h264(program: str) -> bool:
    command = [program, "-hide_banner", "-encoders"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, ValueError, subprocess.SubprocessError):
        return False
    return " libx264 " in found.stdout


def most_frames(kind: str, side: int) -> int:
    """Return how many frames of `side` pixels a film of a kind may have."""
    return KINDS[kind].most_pixels // (side * side)


def write(kind: str, frames: Iterable[Pixels], rate: int) -> bytes:  # frames: [S, S, 3], all of one size
    """Write a film of a kind in KINDS, `rate` frames a second. Raises VideoError, and whatever `frames` raises.

    An error from `frames` ends the film at once: that is how one is stopped. Nothing is left on the disk.
    """
    with closing(_all_of(frames)) as remaining:
        first = next(remaining, None)
        if first is None:
            raise VideoError("A film needs one frame at least.", "no_frame")
        together = itertools.chain([first], remaining)
        return _mp4(together, first.shape[0], rate) if kind == "mp4" else _animation(kind, together, rate)


def _all_of(frames: Iterable[Pixels]) -> Generator[Pixels, None, None]:
    yield from frames


def _mp4(frames: Iterable[Pixels], side: int, rate: int) -> bytes:
    program = ffmpeg()
    if program is None:
        raise VideoError("No ffmpeg with H.264 was found here.", "no_ffmpeg")
    with tempfile.TemporaryDirectory(prefix=temporary_prefix("film")) as folder:
        file, log = Path(folder) / "film.mp4", Path(folder) / "log.txt"
        with log.open("wb") as errors:
            command = [program, *_input(side, rate), *_output(file)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
            _feed(process, frames)
        if process.returncode != 0 or not file.is_file():
            reason = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:] or ["no reason given"]
            words = f"{reason[0]:.200}"
            raise VideoError(f"ffmpeg could not write the film: {words}", "ffmpeg", words=words)
        return file.read_bytes()


def _input(side: int, rate: int) -> list[str]:
    quiet = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    return [*quiet, "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{side}x{side}", "-r", str(rate), "-i", "pipe:0"]


def _output(file: Path) -> list[str]:
    """Return the options of a film that every browser and phone plays from its first bytes on."""
    rate = ["-crf", str(QUALITY), "-maxrate", str(MAX_BITS_PER_SECOND), "-bufsize", str(2 * MAX_BITS_PER_SECOND)]
    codec = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-pix_fmt", "yuv420p"]
    return [*COLOUR_MATRIX, *codec, *rate, *COLOUR_TAGS, "-movflags", "+faststart", str(file)]


def _feed(process: subprocess.Popen[bytes], frames: Iterable[Pixels]) -> None:
    """Give all frames to the program and wait for its end; end it where the frames fail."""
    assert process.stdin is not None  # noqa: S101 (for the type checker: it was opened as a pipe)
    try:
        with suppress(BrokenPipeError), process.stdin as pipe:  # it has ended early; its exit status tells
            for frame in frames:
                pipe.write(frame.tobytes())
        process.wait()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _animation(kind: str, frames: Iterable[Pixels], rate: int) -> bytes:
    prepare = _to_palette if kind == "gif" else Image.fromarray
    first, *others = map(prepare, frames)
    options = {"quality": WEBP_QUALITY, "method": 2} if kind == "webp" else {"disposal": 1}
    duration = _milliseconds(1 + len(others), rate, STEPS[kind])
    buffer = io.BytesIO()
    first.save(buffer, kind.upper(), save_all=True, append_images=others, duration=duration, loop=0, **options)
    return buffer.getvalue()


def _milliseconds(frames: int, rate: int, step: int) -> list[int]:
    """Return how long each frame is shown, in whole steps of which the last one ends where it would without steps."""
    ends = [round(1000 * frame / (rate * step)) for frame in range(frames + 1)]
    return [step * (end - start) for start, end in itertools.pairwise(ends)]


def _to_palette(frame: Pixels) -> Image.Image:
    """Give each frame 256 colours of its own, chosen on a shrunk one: thirty times as fast and hardly worse.

    Dithering would flicker.
    """
    image = Image.fromarray(frame)
    shrunk = image.resize((PALETTE_SIDE, PALETTE_SIDE), Image.Resampling.NEAREST)
    palette = shrunk.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return image.quantize(palette=palette, dither=Image.Dither.NONE)
