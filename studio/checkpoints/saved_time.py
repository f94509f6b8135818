"""When a checkpoint was last trained."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from studio.checkpoints.catalog import Entry


def saved_time(entry: Entry) -> float:
    """Return when a checkpoint was last trained, in seconds since 1970.

    Its metadata knows best: a copy or a clone has the time of the copying on its files. 0.0 where nothing tells.
    """
    about = entry.description.about if entry.description else {}
    ends = [end for end in map(_end, _runtimes(about)) if end is not None]
    return max(ends) if ends else _written(entry)


def _runtimes(about: dict[str, Any]) -> list[dict[str, Any]]:
    runtimes = about.get("runtimes")
    return [one for one in runtimes if isinstance(one, dict)] if isinstance(runtimes, list) else []


def _end(runtime: dict[str, Any]) -> float | None:
    """Return when a runtime ended, None where it says no time of ISO 8601; one without a zone is taken for UTC."""
    try:
        moment = datetime.fromisoformat(str(runtime.get("end")))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _written(entry: Entry) -> float:
    try:
        return (entry.folder / entry.file).stat().st_mtime
    except OSError:
        return 0.0
