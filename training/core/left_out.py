"""What lies among pictures and is not read as one: its kinds, each with the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from training.core.folder_listing import BROKEN, CLOSED, LINKED, SPECIAL, listed
from training.core.labels import LABELS

NAMED = 2  # files of a kind that are named
SYSTEMS = {"desktop.ini", "thumbs.db", "ehthumbs.db", "icon\r"}  # nobody takes them for pictures
APPLE = "__MACOSX"
ARCHIVES = {".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
RAW = (
    *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".k25", ".kdc", ".mef", ".mos"),
    *(".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
)
VIDEOS = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v"}
REASONS = {
    **dict.fromkeys(
        (".heic", ".heif"),
        "a format of phones that is not read here; convert it to JPEG first, on a Mac with"
        " `sips -s format jpeg *.HEIC --out DIR`, elsewhere with `magick mogrify -format jpg *.HEIC`",
    ),
    **dict.fromkeys(
        RAW,
        "a camera's raw file, which is not read here; export it as JPEG first, on a Mac with"
        " `sips -s format jpeg FILES --out DIR`, elsewhere with `darktable-cli DIR JPEGS --out-ext jpg`",
    ),
    ".jxl": "JPEG XL, which is not read here; convert it to JPEG first, with `djxl FILE.jxl FILE.jpg`,"
    " or all of a folder with `magick mogrify -format jpg *.jxl`",
    ".avif": "AVIF, which this version of Pillow does not read; convert it to JPEG first, with"
    " `magick mogrify -format jpg *.avif`, or install a newer Pillow",
    **dict.fromkeys(ARCHIVES, "an archive; unpack it in the folder first"),
    **dict.fromkeys(VIDEOS, "a video; save its pictures one by one"),
    **dict.fromkeys((".eps", ".pdf", ".wmf", ".emf", ".svg"), "a drawing or a document, no photograph"),
    "": "a name without an ending; rename it to .jpg or .png if it is a picture",
    APPLE: "what macOS adds to a zip; the pictures themselves are beside that folder",
    "hidden": "a name, or a folder, that begins with a dot; rename it if it is to be read",
    BROKEN: "what the link leads to is missing; copy the picture itself there",
    SPECIAL: "a pipe, a socket or a device, which is not opened",
    LINKED: "linked folders are not entered; copy it there, or pack the folder itself",
    CLOSED: "it cannot be opened; see to its permissions",
}
WORDS = {
    "": "without an ending",
    APPLE: f"in {APPLE}",
    "hidden": "with a hidden name",
    BROKEN: "behind a broken link",
    SPECIAL: "of no regular kind",
    LINKED: "behind a link",
    CLOSED: "without access",
}
PICTURES = (".jp", ".png", ".gif", ".web", ".tif", ".bmp", ".img")  # how an ending like .jpg_large begins


def left_out_kinds(folder: Path, readable: Collection[str]) -> dict[str, str]:
    """Return the kinds of what lies below `folder` and is not read, in words with their number, and why.

    `readable` are the endings of pictures, in small letters. The table of labels and files of systems are no kind.
    """
    kinds: dict[str, list[str]] = {}
    found = listed(folder)
    for path in found.files:
        if (kind := _kind(path, readable)) is not None:
            kinds.setdefault(kind, []).append(path.as_posix())
    for path, other in found.others.items():
        if not _is_hidden(path) and path.name.lower() not in SYSTEMS:
            kinds.setdefault(APPLE if APPLE in path.parts else other, []).append(path.as_posix())
    return {_counted(kind, names): _reason(kind) for kind, names in sorted(kinds.items())}


def is_read(path: Path, readable: Collection[str]) -> bool:
    """Tell whether a file of this path below the folder is read as a picture."""
    return path.suffix.lower() in readable and APPLE not in path.parts and not _is_hidden(path)


def _kind(path: Path, readable: Collection[str]) -> str | None:
    """Return the ending of a file that is not read, or what else its kind is called; None for what needs no word."""
    if is_read(path, readable) or path.name.lower() in SYSTEMS | {LABELS}:
        return None
    if APPLE in path.parts:
        return APPLE
    suffix = path.suffix.lower()
    if _is_hidden(path):
        return "hidden" if suffix in readable and not path.name.startswith("._") else None
    return suffix


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _counted(kind: str, names: Iterable[str]) -> str:
    names = list(names)
    named = ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")
    called = "folder" if kind in (LINKED, CLOSED) else "file"
    return f"{len(names):,} {called}{'s' if len(names) > 1 else ''} {WORDS.get(kind, f'*{kind}')} ({named})"


def _reason(kind: str) -> str:
    if kind.startswith(PICTURES):
        return "no ending of a picture; rename it to .jpg or .png if it is one"
    return REASONS.get(kind, "no picture")
