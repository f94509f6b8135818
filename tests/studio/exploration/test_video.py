from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.exploration import video
from studio.exploration.video import VideoError
from training.core.pixels import Pixels

SIDE, RATE = 64, 12
needs_ffmpeg = pytest.mark.skipif(video.ffmpeg() is None, reason="needs ffmpeg: pip install imageio-ffmpeg")


def frame(index: int) -> Pixels:  # -> [SIDE, SIDE, 3]
    """Return a red square on grey that moves to the right."""
    picture = np.full((SIDE, SIDE, 3), 96, dtype=np.uint8)
    picture[16:48, 2 * index : 2 * index + 24] = (220, 40, 40)
    return picture


def frames(count: int = 12) -> Iterator[Pixels]:
    return (frame(index) for index in range(count))


def facts(path: Path) -> dict[str, str]:
    """Return what ffprobe says of the one stream of a film."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", str(path)]
    (stream,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["streams"]
    return {key: str(value) for key, value in stream.items()}


def decoded(path: Path) -> Pixels:  # -> [frames, SIDE, SIDE, 3]
    command = [str(video.ffmpeg()), "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, dtype=np.uint8).reshape(-1, SIDE, SIDE, 3)


@pytest.fixture
def mp4(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(video.write("mp4", frames(), RATE))
    return path


@needs_ffmpeg
@pytest.mark.skipif(not shutil.which("ffprobe") and not os.environ.get("CI"), reason="needs ffprobe: install ffmpeg")
def test_an_mp4_is_h264_in_yuv420p_with_its_frames_and_rate(mp4: Path) -> None:
    found = facts(mp4)
    assert (found["codec_name"], found["pix_fmt"]) == ("h264", "yuv420p")
    assert (found["width"], found["height"]) == (str(SIDE), str(SIDE))
    assert (found["nb_read_frames"], found["r_frame_rate"]) == ("12", "12/1")
    assert found["color_space"] == "bt709"


@needs_ffmpeg
def test_an_mp4_says_first_what_it_holds(mp4: Path) -> None:
    data = mp4.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@needs_ffmpeg
def test_an_mp4_shows_the_frames_in_their_colours(mp4: Path) -> None:
    shown = decoded(mp4)
    assert len(shown) == 12
    for index in (0, 6, 11):
        centre, corner = shown[index, 32, 2 * index + 12], shown[index, 4, 4]
        np.testing.assert_allclose(centre.astype(int), (220, 40, 40), atol=8)
        np.testing.assert_allclose(corner.astype(int), (96, 96, 96), atol=5)


@pytest.mark.parametrize("rate", video.RATES)
@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_an_animation_has_its_frames_its_length_and_no_end(kind: str, rate: int) -> None:
    with Image.open(io.BytesIO(video.write(kind, frames(rate), rate))) as film:
        assert (film.format, film.size, film.n_frames) == (kind.upper(), (SIDE, SIDE), rate)
        assert film.info["loop"] == 0
        milliseconds = []
        for index in range(rate):
            film.seek(index)
            film.load()
            milliseconds.append(film.info["duration"])
            assert np.abs(np.asarray(film.convert("RGB"), dtype=int) - frame(index)).mean() < 4
        assert sum(milliseconds) == 1000
        assert max(milliseconds) - min(milliseconds) == {"gif": 10, "webp": 1}[kind]


def test_a_gif_that_stands_still_lasts_as_long() -> None:
    with Image.open(io.BytesIO(video.write("gif", [frame(0)] * 30, 30))) as film:
        assert (film.n_frames, film.info["duration"]) == (1, 1000)


@pytest.mark.parametrize("kind", [pytest.param("mp4", marks=needs_ffmpeg), "gif", "webp"])
def test_an_error_in_the_frames_ends_the_film_and_leaves_nothing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped() -> Iterator[Pixels]:
        yield from frames(3)
        raise InterruptedError("stop")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(InterruptedError, match="stop"):
        video.write(kind, stopped(), RATE)
    assert list(tmp_path.iterdir()) == []


@needs_ffmpeg
def test_the_program_is_ended_with_the_film(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    real = subprocess.Popen

    def remember(*arguments: object, **options: object) -> object:
        started.append(real(*arguments, **options))  # type: ignore[call-overload]
        return started[-1]

    def stopped() -> Iterator[Pixels]:
        yield from frames(2)
        raise InterruptedError

    monkeypatch.setattr(video.subprocess, "Popen", remember)
    with pytest.raises(InterruptedError):
        video.write("mp4", stopped(), RATE)
    assert [process.poll() is not None for process in started] == [True]


@pytest.mark.parametrize("kind", ["mp4", "gif", "webp"])
def test_a_film_without_frames_is_refused(kind: str) -> None:
    with pytest.raises(VideoError, match="one frame at least"):
        video.write(kind, [], RATE)


def test_a_program_that_fails_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "broken"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.stdin.buffer.read(10)\nsys.exit('no such codec')\n")
    program.chmod(0o755)
    monkeypatch.setattr(video, "ffmpeg", lambda: str(program))
    with pytest.raises(VideoError, match="could not write the film: no such codec"):
        video.write("mp4", frames(), RATE)


def test_without_a_program_animations_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video, "ffmpeg", lambda: None)
    assert video.available() == ["webp", "gif"]
    with pytest.raises(VideoError, match=r"No ffmpeg with H\.264"):
        video.write("mp4", frames(), RATE)


def test_a_program_without_h264_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' V....D mpeg4  MPEG-4 part 2'\n")
    poor.chmod(0o755)
    monkeypatch.setattr(video, "_programs", lambda: iter([str(poor), str(tmp_path / "absent")]))
    assert video.ffmpeg.__wrapped__() is None


def test_a_film_has_so_many_frames_that_memory_suffices() -> None:
    for kind in ("gif", "webp"):
        assert {side: video.most_frames(kind, side) * 3 * side**2 < 100e6 for side in video.SIDES} == dict.fromkeys(
            video.SIDES, True
        )
    assert video.most_frames("mp4", 960) == 600


def test_three_seconds_of_24_frames_fit_every_kind_at_640_pixels() -> None:
    assert min(video.most_frames(kind, 640) for kind in video.KINDS) >= 72


def test_every_side_can_be_halved() -> None:
    assert [side % 2 for side in video.SIDES] == [0] * len(video.SIDES)
