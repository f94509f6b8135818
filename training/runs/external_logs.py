"""A run's metrics and previews for other programs to show: TensorBoard's event files and trackio's database.

Both are optional and never in the way: they are written in a thread of their own, and one that fails is told once and
left alone, while the training goes on.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any, Protocol

import numpy as np
from PIL import Image

from training.core import run_folder
from training.core.imagenet_features import MissingPackageError
from training.core.training_log import METRICS, read_metrics
from training.evaluation.spectrum import PERIOD_NAMES
from training.runs.checkpoint_writer import PREVIEW, SMALL_PREVIEW
from training.runs.notices import warn

TENSORBOARD = "tensorboard"  # also the folder in a run that the event files are in
PROJECT = "gan-race-studio"  # as trackio groups runs
LAST_SECONDS = 30.0  # in which what is left may be written at the end
GROUPS = {  # of the measures, by which both programs sort their charts
    **dict.fromkeys(("d_loss", "g_loss"), "losses"),
    **dict.fromkeys(("real", "fake"), "logits"),
    **dict.fromkeys(("d_gradient", "g_gradient"), "gradients"),
    **dict.fromkeys(PERIOD_NAMES, "spectrum"),
}
OTHERS = "training"


class Writer(Protocol):
    """What another program's log takes: numbers and a picture at a count of images."""

    def numbers(self, images: int, values: Mapping[str, float]) -> None: ...
    def picture(self, images: int, picture: Image.Image) -> None: ...
    def close(self) -> None: ...


class TensorBoardWriter:
    """Event files in the folder `tensorboard` of a run; a folder without any gets the run's earlier rows first.

    They are on the local disk where the run has one: a drive would take the whole file anew with each line.
    """

    def __init__(self, out: Path, images: int, about: Mapping[str, Any], local: Path | None = None) -> None:
        package = _package("torch.utils.tensorboard", TENSORBOARD)
        folder = (local or out) / TENSORBOARD
        is_new = not any(folder.glob("events.*"))
        self.events = package.SummaryWriter(str(folder), purge_step=None if is_new else images + 1)  # of a killed call
        self.events.add_text(
            "recipe", "\n".join(f"    {name} = {value}" for name, value in about["recipe"].items()), images
        )
        for row in read_metrics(out / METRICS) if is_new else ():
            if isinstance(row.get("images"), int) and row["images"] <= images:
                self.numbers(row["images"], grouped(row))

    def numbers(self, images: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self.events.add_scalar(name, value, images)

    def picture(self, images: int, picture: Image.Image) -> None:
        self.events.add_image("preview", np.asarray(picture.convert("RGB")), images, dataformats="HWC")

    def close(self) -> None:
        self.events.close()


class TrackioWriter:
    """A run of the project `gan-race-studio` in trackio's database, or in the Space that TRACKIO_SPACE_ID names."""

    def __init__(self, out: Path, images: int, about: Mapping[str, Any], local: Path | None = None) -> None:
        self.package = _package("trackio", "trackio")
        name = f"{out.resolve().name} {about['runtimes'][0]['start']}"  # runs in other folders may be called the same
        self.run = self.package.init(
            project=PROJECT, name=name, config=dict(about["recipe"]), resume="allow", embed=False
        )

    def numbers(self, images: int, values: Mapping[str, float]) -> None:
        self.run.log(dict(values), step=images)

    def picture(self, images: int, picture: Image.Image) -> None:
        self.run.log({"preview": self.package.Image(picture, caption=f"{images:,} images")}, step=images)

    def close(self) -> None:
        self.run.finish()


WRITERS: dict[str, Callable[[Path, int, Mapping[str, Any], Path | None], Writer]] = {
    TENSORBOARD: TensorBoardWriter,
    "trackio": TrackioWriter,
}
PACKAGES = {TENSORBOARD: "torch.utils.tensorboard", "trackio": "trackio"}


def check_packages(names: Iterable[str]) -> None:
    """Raise MissingPackageError where a log that is asked for needs a package that is not installed."""
    for name in names:
        _package(PACKAGES[name], name)


class ExternalLogs:
    """The logs of a run by name, each with a thread that writes what has been queued for it.

    `local` is the run's folder on a local disk where `out` is on a drive.
    """

    def __init__(
        self, names: Iterable[str], out: Path, images: int, about: Mapping[str, Any], local: Path | None = None
    ) -> None:
        self.out, self.shown = out, images  # of the checkpoint whose preview was sent last, by the call before this one
        self.logs = [_Log(name, out, images, about, local) for name in dict.fromkeys(names)]
        scores = {f"scores/{name}": value for name, value in (about.get("metrics") or {}).items()}
        if found := numbers_of(scores):
            self._each(lambda log: log.send(lambda writer: writer.numbers(images, found)))

    def row(self, row: Mapping[str, Any]) -> None:
        """Send the numbers of a row of metrics, which has `images`."""
        images, values = int(row["images"]), grouped(row)
        self._each(lambda log: log.send(lambda writer: writer.numbers(images, values)))

    def preview(self, saved: Path | None) -> None:
        """Send the preview of a run's newest checkpoint, once; one that is gone meanwhile is passed over."""
        if saved is not None and run_folder.is_step(saved.name) and int(saved.name) != self.shown:
            self.shown = int(saved.name)
            places = [saved, self.out / saved.name]  # it may have been moved from the local disk meanwhile
            self._each(lambda log: log.send(lambda writer: _send_preview(writer, places)))

    def close(self) -> None:
        """Write what is left, for some seconds at most."""
        self._each(_Log.close)

    def _each(self, act: Callable[[_Log], None]) -> None:
        for log in self.logs:
            act(log)


class _Log:
    """A log and its thread, which opens, writes and closes it, and gives it up at the first failure."""

    def __init__(self, name: str, *place: Any) -> None:
        self.name, self.place = name, place
        self.queue: Queue[Callable[[Writer], None] | None] = Queue()
        self.failed = False
        self.thread = Thread(target=self._write, name=name, daemon=True)
        self.thread.start()

    def send(self, write: Callable[[Writer], None]) -> None:
        if not self.failed:
            self.queue.put(write)

    def close(self) -> None:
        self.queue.put(None)
        self.thread.join(LAST_SECONDS)
        if self.thread.is_alive():
            warn(f"The log {self.name!r} has not ended within {LAST_SECONDS:.0f} seconds; its last lines may be lost.")

    def _write(self) -> None:
        try:
            writer = WRITERS[self.name](*self.place)
            while (write := self.queue.get()) is not None:
                write(writer)
            writer.close()
        except Exception as error:  # whatever another program's log raises, the training goes on
            self.failed = True
            self._forget()
            kind, words = type(error).__name__, " ".join(str(error).split())
            warn(f"The log {self.name!r} failed ({kind}: {words}); the training goes on without it.")

    def _forget(self) -> None:
        try:
            while True:
                self.queue.get_nowait()
        except Empty:
            return


def grouped(row: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a row of metrics under the group of each, such as `losses/d_loss`."""
    values = {name: value for name, value in row.items() if name != "images"}
    return {f"{GROUPS.get(name, OTHERS)}/{name}": value for name, value in numbers_of(values).items()}


def numbers_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Return what is a number among some values."""
    kept = {name: value for name, value in values.items() if isinstance(value, int | float)}
    return {name: float(value) for name, value in kept.items() if not isinstance(value, bool)}


def _send_preview(writer: Writer, places: list[Path]) -> None:
    for file in (place / name for place in places for name in (PREVIEW, SMALL_PREVIEW)):
        try:
            with Image.open(file) as picture:
                picture.load()
        except FileNotFoundError:  # a later save has removed the checkpoint, or its preview has the other name
            continue
        writer.picture(int(file.parent.name), picture)
        return


def _package(module: str, name: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"The log {name!r} needs a package that is not installed: run pip install {name}, or leave the log out."
        ) from error
