"""The last errors of the program, for whoever runs it: when, in which request, of what kind, and where in the code.

What an error says may hold a path or something of a visitor, so it is not kept; the terminal has it.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from datetime import UTC, datetime

LOGGER = "studio"  # whose errors, and those of all loggers below it, are kept
MOST = 20
OURS = ("studio", "training", "app")
UNKNOWN = ("?", 0)


class ErrorLog(logging.Handler):
    """Keeps a line of each of the newest errors that are logged, without their words; safe among threads.

    A record's attribute `request` names the request that failed; without one the function that logged it does.
    """

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self._newest: deque[str] = deque(maxlen=most)

    def attach(self) -> None:
        """Take the errors of the program from now on; what is attached already stays so."""
        logging.getLogger(LOGGER).addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep an error; where nothing else would write a record, write it as Python does without any handler."""
        if record.levelno >= logging.ERROR:
            self._newest.append(_line(record))
        if logging.lastResort is not None and record.levelno >= logging.lastResort.level and self._is_alone(record):
            logging.lastResort.handle(record)

    def lines(self) -> list[str]:
        """Return one line for each error, the newest last."""
        self.acquire()
        try:
            return list(self._newest)
        finally:
            self.release()

    def _is_alone(self, record: logging.LogRecord) -> bool:
        logger: logging.Logger | None = logging.getLogger(record.name)
        while logger is not None:
            if any(handler is not self for handler in logger.handlers):
                return False
            logger = logger.parent if logger.propagate else None
        return True


def _line(record: logging.LogRecord) -> str:
    time = datetime.fromtimestamp(record.created, UTC)
    request = getattr(record, "request", record.funcName)
    error = record.exc_info[1] if record.exc_info else None
    kind = type(error).__name__ if error else record.levelname
    module, line = _place(error) if error else (record.name, record.lineno)
    return f"{time:%Y-%m-%d %H:%M:%S} UTC · {request} · {kind} · {module}, line {line}"


def _place(error: BaseException) -> tuple[str, int]:
    """Return the module and the line in which an error arose: the innermost of ours where there is one."""
    calls = [
        (str(frame.f_globals.get("__name__", "?")), line) for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [call for call in calls if call[0].split(".")[0] in OURS]
    return (ours or calls or [UNKNOWN])[-1]


ERRORS = ErrorLog()
