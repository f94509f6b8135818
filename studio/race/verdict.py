"""The answer to whether a tile is what its seed gives, and its sentences."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from studio.checkpoints.catalog import Origin
from studio.race.manifest_diff import Difference
from studio.race.remarks import Remark
from studio.race.seed_comparison import WARNINGS, SeedComparison
from training.core import picture_limits
from training.core.checkpoint import CheckpointError

Outcome: TypeAlias = Literal["pass_exact", "pass_tolerance", "fail", "could_not_check"]

# The reasons of a verdict; the page has each of them in its languages, filled with the same values.
SENTENCES = {
    "exact": "Every value of the picture is what seed {seed} of checkpoint {short} gives.",
    "within_tolerance": (
        "The picture is what seed {seed} of checkpoint {short} gives, but for rounding: "
        "at most {largest} of 255 levels, in {percent} % of its values."
    ),
    "cells_differ": "{count} of 100 pictures differ from seed {seed} of checkpoint {short}: {listed}.",
    "all_cells_differ": (
        "All 100 pictures differ from seed {seed} of checkpoint {short}, by {mean} levels on average: "
        "it is another tile, or it was saved again with loss."
    ),
    "saved_with_loss": (
        "A {kind} cannot hold the exact values of a tile, and {count} of 100 pictures differ from seed {seed} of "
        "checkpoint {short}; hand in the PNG that was exported."
    ),
    "no_png": (
        "The values are those of seed {seed} of checkpoint {short}, but a {kind} may say that they be shown otherwise; "
        "hand in the PNG that was exported."
    ),
    "lossy_file": "A {kind} cannot hold the exact values of a tile; hand in the PNG that was exported.",
    "wrong_size": (
        "The picture has {width} x {height} pixels; a tile of checkpoint {short} has {wanted_width} x {wanted_height}."
    ),
    "transparent": "The picture is transparent in places; a tile is opaque.",
    "animated": "The picture moves; a tile is one still picture.",
    "looks_different": (
        "The PNG has chunks that can change how it looks: {chunks}; hand in the PNG that was exported."
    ),
    "not_rgb": (
        "The pixels of the PNG are {bits}-bit {pixels}; those of a tile are 8-bit RGB, so hand in the PNG that was "
        "exported."
    ),
    "no_manifest": "The file does not say which checkpoint and seed it was drawn from; both are needed to check it.",
    "bad_manifest": "What the file says of itself is damaged or invented ({field}); checkpoint and seed are needed.",
    "bad_seed": "{value} is no seed; whole numbers from 0 to 4294967295 are allowed.",
    "bad_psi": "{value} is no psi; numbers from 0 to 1 are allowed.",
    "unknown_checkpoint": "The checkpoint {sha256} is not here, so the tile cannot be drawn again.",
    "unusable_checkpoint": "The checkpoint {short} cannot be used: {reason}",
    "file_too_large": "The file has {size} bytes; at most {limit} are read.",
    "too_many_pixels": "The picture has more than {limit} x {limit} pixels, the most that are read.",
    "not_an_image": "The file is no picture that can be read; a PNG is wanted.",
    "damaged": "The file begins like a {kind} but is damaged or cut short.",
    "unreadable": "The file cannot be read: {why}.",
    "archive_damaged": "The zip is damaged or no zip.",
    "archive_encrypted": "The file is encrypted inside its zip; zip it again without a password.",
    "archive_method": "The file is packed inside its zip by a method that is not read; zip it again in the usual way.",
    "archive_nested": "A zip inside a zip is not opened; check it by itself.",
    "archive_too_large": "What the zip unpacks to has more than {limit} bytes, the most that are read.",
    "archive_too_many": "The zip holds more than {limit} files, the most that are read.",
    **picture_limits.SENTENCES,
}
# What is told beside the reason and changes no outcome.
REMARKS = {
    "trailing_bytes": " The file goes on after the end of the picture (bytes: {count}); nothing shows that.",
    "typed_seed": " The seed {used} was typed; the file itself says {said}.",
    "typed_checkpoint": " The checkpoint {used} was typed; the file itself says {said}.",
    "typed_psi": " The psi {used} was typed; the file itself says {said}.",
    "origin_added": " The checkpoint {short} was added by a visitor; it is not one of the organiser's.",
    "origin_beside": " The checkpoint {short} came with the files that are checked.",
}
FALSE_CLAIMS = " What the file says of itself is not true of it: {claims}."


@dataclass(frozen=True)
class Verdict:
    """What became of checking one file.

    `reason` is a key of SENTENCES and `values` fill that text; `sentence` is it in English. `cells` are those that
    differ by more than the tolerance, counted 0 .. 99 row by row as the images of a seed. `largest` is the largest
    difference in levels of 255, `share` the part of all values that differ at all, 0 .. 1; both are None where nothing
    was compared. `seed`, `checkpoint` (a SHA-256), `psi` and `weights` ("averaged", "raw" as last trained, or None
    where nothing says so) say with what. `differences` are the fields of the manifest that are not what was found.
    `remarks` are told beside the reason. `origin` says where the checkpoint is from. `comparison` is with other seeds,
    None where none were drawn. `problem` is why the checkpoint could not be used, where that is the reason.
    """

    outcome: Outcome
    reason: str
    values: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    checkpoint: str | None = None
    cells: tuple[int, ...] = ()
    largest: int | None = None
    share: float | None = None
    differences: tuple[Difference, ...] = ()
    psi: float | None = None
    weights: str | None = None
    remarks: tuple[Remark, ...] = ()
    origin: Origin | None = None
    comparison: SeedComparison | None = None
    problem: CheckpointError | None = None

    @property
    def passed(self) -> bool:
        """Return whether the tile is what its seed gives."""
        return self.outcome in ("pass_exact", "pass_tolerance")

    @property
    def claims(self) -> tuple[str, ...]:
        """Return the fields of the manifest that are not true of the file or of that seed and checkpoint."""
        return tuple(one.field for one in self.differences if one.lie)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the fields of the manifest that merely differ from this machine's."""
        return tuple(one.field for one in self.differences if not one.lie)

    @property
    def warnings(self) -> tuple[Remark, ...]:
        """Return what other seeds of the checkpoint, or training pictures, tell; the outcome stays what it is."""
        return self.comparison.warnings if self.comparison else ()

    @property
    def warning_sentences(self) -> list[str]:
        """Return the warnings in plain English."""
        return [WARNINGS[one.code].format(**one.values) for one in self.warnings]

    @property
    def sentence(self) -> str:
        """Return the verdict in plain English."""
        text = SENTENCES[self.reason].format(**self.values)
        text += "".join(REMARKS[one.code].format(**one.values) for one in self.remarks)
        return text + FALSE_CLAIMS.format(claims=", ".join(self.claims)) if self.claims else text

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        listed = {"cells": list(self.cells), "claims": list(self.claims), "notes": list(self.notes)}
        lists = ("differences", "remarks", "warnings")
        told: dict[str, Any] = {name: [asdict(one) for one in getattr(self, name)] for name in lists}
        told["comparison"] = self.comparison.to_dict() if self.comparison else None
        facts = {name: value for name, value in vars(self).items() if name != "problem"}
        return {**facts, **listed, **told, "sentence": self.sentence}
