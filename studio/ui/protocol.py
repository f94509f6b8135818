"""Requests of the page, checked, and answers to them: data, or an error as a code with values."""

from __future__ import annotations

import base64
import binascii
import functools
import inspect
import logging
import re
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias

import torch

from studio.checkpoints.catalog import SHORT
from studio.error_log import Mishaps
from studio.rendering.renderer import BusyError, SupersededError
from training.core.checkpoint import CheckpointError
from training.core.latents import SEED_LIMIT
from training.core.pixels import NotFiniteError

Answer: TypeAlias = dict[str, Any]
log = logging.getLogger(__name__)
MISHAPS = Mishaps()
VISITOR_LENGTH = 64
HEXADECIMAL = frozenset("0123456789abcdef")


class RequestError(Exception):
    """A request cannot be met; `code` names a text of the page and `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


PLAIN_ERRORS: dict[type[Exception], str] = {  # those that need no values
    BusyError: "error_busy",
    NotFiniteError: "error_not_finite",
    torch.cuda.OutOfMemoryError: "error_memory",
}


def answers(function: Callable[[Answer], Any]) -> Callable[[Any], Any]:
    """Turn a function of a checked request into one for the page: whatever goes wrong is an answer with `error`.

    A coroutine stays one: it can wait for a picture without a thread of the few that answer requests.
    """

    @functools.wraps(function)
    def answer(data: Any) -> Any:
        try:
            return function(data if isinstance(data, dict) else {})
        except Exception as error:
            return _explained(error, function.__name__)

    @functools.wraps(function)
    async def answer_later(data: Any) -> Any:
        try:
            return await function(data if isinstance(data, dict) else {})
        except Exception as error:
            return _explained(error, function.__name__)

    return answer_later if inspect.iscoroutinefunction(function) else answer


def _explained(error: Exception, request: str) -> Answer:
    match error:
        case RequestError():
            return _error(error.code, **error.values)
        case SupersededError():
            return {"superseded": True}
        case CheckpointError():
            return _error("error_checkpoint", reason=str(error), why=error.why)
        case NotFiniteError() if error.sha256:
            return _error("error_diverged", checkpoint_sha256=error.sha256)
    for kind, code in PLAIN_ERRORS.items():
        if isinstance(error, kind):
            return _error(code)
    log.error("A request of the page failed", exc_info=error)
    MISHAPS.note(request, error)
    return _error("error_internal")


def _error(code: str, **values: object) -> Answer:
    return {"error": {"code": code, "values": values}}


def asked_seed(data: Answer) -> int:
    """Return the seed of a request, or raise RequestError."""
    seed = data.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise RequestError("error_seed", value=str(seed)[:40])
    return seed


def asked_psi(data: Answer) -> float:
    """Return the truncation of a request, 1 where it names none, or raise RequestError."""
    psi = data.get("psi", 1.0)
    if isinstance(psi, bool) or not isinstance(psi, int | float) or not 0.0 <= psi <= 1.0:
        raise RequestError("error_psi", value=str(psi)[:40])
    return float(psi)


def asked_hash(data: Answer) -> str:
    """Return the hash of a request, whole or its beginning, or raise RequestError."""
    value = data.get("sha256")
    if not isinstance(value, str) or not SHORT <= len(value) <= 64 or not set(value) <= HEXADECIMAL:
        raise RequestError("error_request", field="sha256", value=str(value)[:80])
    return value


def asked_text(data: Answer, field: str, longest: int) -> str:
    """Return a text of a request, or raise RequestError."""
    value = data.get(field)
    if not isinstance(value, str) or len(value) > longest:
        raise RequestError("error_request", field=field, value=str(value)[:80])
    return value


def asked_preview(data: Answer) -> bool:
    """Tell whether a preview will do for the answer to a request."""
    return data.get("preview") is True


def asked_visitor(data: Answer) -> str:
    """Return the visitor of a request, somebody new where it names none, or raise RequestError."""
    return asked_text(data, "visitor", VISITOR_LENGTH) if "visitor" in data else uuid.uuid4().hex


MAX_FILE_BYTES = 16 * 10**6


def asked_file(data: Answer) -> bytes:
    """Return the file of a request, within the limit, or raise RequestError."""
    longest = (MAX_FILE_BYTES + 2) // 3 * 4
    text = asked_text(data, "file", longest)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError("error_request", field="file", value=text[:20]) from error


SECRET = re.compile(r"[0-9a-f-]{16,64}")


def asked_secret(data: Answer) -> str:
    """Return the secret by which a request's browser is known again, or raise RequestError."""
    secret = asked_text(data, "secret", VISITOR_LENGTH)
    if not SECRET.fullmatch(secret):
        raise RequestError("error_request", field="secret", value=secret[:20])
    return secret
