"""How the page and the program speak: a function takes one checked request and answers data, or a code with values."""

from __future__ import annotations

import functools
import inspect
import logging
import reprlib
import typing
from collections.abc import Callable
from decimal import Context
from typing import Any, Protocol, TypeAlias, TypeVar, cast

import torch
from pydantic import BaseModel, TypeAdapter, ValidationError

from studio.rendering.renderer import BusyError, SupersededError
from studio.ui.protocol_types import (
    LABEL_LENGTH,
    REFUSED,
    ErrorCode,
    Failed,
    Phrase,
    Problem,
    Request,
    Superseded,
    decoded,
)
from training.core.checkpoint import CheckpointError
from training.core.clean_text import clean_text, encodable
from training.core.pixels import NotFiniteError

Answer: TypeAlias = dict[str, Any]  # as it is sent
R = TypeVar("R", bound=Request, contravariant=True)
log = logging.getLogger(__name__)
MOST_FIELDS = 64  # of a request; each that is not allowed would be looked at
ECHO_LENGTH = 80  # characters of a refused value that are named
SIX_DIGITS = Context(prec=6)


class RequestError(Exception):
    """A request cannot be met; `code` names a text of the page and `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class ServerFunction(Protocol):
    """A function that the page can call, with the models of its request and of its answer."""

    __name__: str
    request: type[Request]
    reply: Any

    def __call__(self, data: Any) -> Any:
        """Answer a request, or return what will answer it."""


PLAIN_ERRORS: dict[type[Exception], str] = {  # those that need no values
    BusyError: "error_busy",
    torch.cuda.OutOfMemoryError: "error_memory",
}


def answers(function: Callable[[R], Any]) -> ServerFunction:
    """Turn a function from a model to a model into one for the page: whatever goes wrong is an answer with `error`.

    A coroutine stays one: it can wait for a picture without a thread of the few that answer requests.
    """
    hints = typing.get_type_hints(function)
    reply = hints.pop("return")
    (request,) = hints.values()
    adapter: TypeAdapter[Any] = TypeAdapter(reply)
    name = function.__name__

    @functools.wraps(function)
    def answer(data: Any) -> Answer:
        try:
            return _sent(adapter, function(checked(request, data)))
        except Exception as error:
            return explained(error, name)

    @functools.wraps(function)
    async def answer_later(data: Any) -> Answer:
        try:
            return _sent(adapter, await function(checked(request, data)))
        except Exception as error:
            return explained(error, name)

    made = cast(ServerFunction, answer_later if inspect.iscoroutinefunction(function) else answer)
    made.request, made.reply = request, reply
    return made


def checked(model: type[Any], data: Any) -> Any:
    """Return a request as its model, or raise RequestError with the first field that is not allowed."""
    fields = data if isinstance(data, dict) else {}
    if len(fields) > MOST_FIELDS:
        raise RequestError(REFUSED, field="", value=f"{len(fields)} fields")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _refusal(model, error) from None


def _sent(adapter: TypeAdapter[Any], reply: BaseModel) -> Answer:
    answer: Answer = adapter.dump_python(reply)
    return answer


def _refusal(model: type[Request], error: ValidationError) -> RequestError:
    found = error.errors(include_url=False, include_context=False)[0]
    field = ".".join(map(str, found["loc"]))
    if found["type"] == "missing":
        return RequestError(_code_of(model, field), field=_echo(field), value="")
    code = found["type"] if found["type"].startswith("error_") else REFUSED
    return RequestError(code, field=_echo(field), value=_echo(found["input"]))


def _code_of(model: type[Request], field: str) -> str:
    """Return the code with which the type of a field refuses, or that of any refusal."""
    known = model.model_fields.get(field)
    codes = [one.code for one in known.metadata if isinstance(one, ErrorCode)] if known else []
    return codes[0] if codes else REFUSED


class _Short(reprlib.Repr):
    """Writes any value in short; Python itself refuses to write a whole number of more than 4300 digits."""

    def repr_int(self, x: int, level: int) -> str:
        return str(SIX_DIGITS.create_decimal(x).normalize()).replace("E+", "e") if abs(x) >= 10**20 else str(x)


def _echo(value: object) -> str:
    """Write a refused value as it is named to whoever sent it."""
    text = value[: 4 * ECHO_LENGTH] if isinstance(value, str) else _Short().repr(value)
    return clean_text(text, ECHO_LENGTH)


def problem_phrase(error: Exception) -> Phrase:
    """Return why a checkpoint, a film or a data set cannot be used, as words of the page."""
    why, values = getattr(error, "why", "other"), getattr(error, "values", {})
    return Phrase(code=f"problem_{why}", values=values)


def decoded_file(text: str, field: str = "file") -> bytes:
    """Return the bytes of a file of a request, or raise RequestError."""
    data = decoded(text)
    if data is None:
        raise RequestError(REFUSED, field=field, value=_echo(text[:20]))
    return data


def explained(error: Exception, request: str) -> Answer:
    """Return what is answered where a request has failed; what nobody foresaw is noted for whoever runs the program."""
    match error:
        case RequestError():
            return _failed(error.code, **error.values)
        case SupersededError():
            return Superseded().model_dump()
        case CheckpointError():
            return _failed("error_checkpoint", reason=problem_phrase(error))
        case NotFiniteError():
            sha256 = error.sha256
            return _failed("error_diverged", checkpoint_sha256=sha256) if sha256 else _failed("error_not_finite")
    for kind, code in PLAIN_ERRORS.items():
        if isinstance(error, kind):
            return _failed(code)
    log.error("A request of the page failed", exc_info=error, extra={"request": request})
    return _failed("error_internal")


def _failed(code: str, **values: object) -> Answer:
    shown = {name: _shown(value) for name, value in values.items()}
    return Failed(error=Problem(code=code, values=shown)).model_dump()


def _shown(value: Any) -> Any:
    return clean_text(encodable(value), LABEL_LENGTH) if isinstance(value, str) else value
