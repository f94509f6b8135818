"""The types of which requests and answers of the page are made: each bounded, and strict (`true` is no 1)."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from studio.checkpoints.catalog import SHORT
from training.core.clean_text import clean_text, encodable
from training.core.latents import SEED_LIMIT
from training.core.tile import CELLS

VISITOR_LENGTH = 64
MAX_FILE_BYTES = 16 * 10**6
LABEL_LENGTH = 300  # characters of a sentence of a passport, such as a recipe's
NAME_LENGTH = 240  # of a checkpoint, with what is added to a folder's name
REFUSED = "error_request"  # the code of what is not allowed and has no words of its own


@dataclass(frozen=True)
class ErrorCode:
    """The code with which a value is refused that is not of the type that this marks."""

    code: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Answer every fault of the value with the code."""
        return core_schema.custom_error_schema(handler(source), self.code, custom_error_message="The value is refused.")


def _named(name: str) -> dict[str, Any]:
    """Return how the declarations for TypeScript call a type."""
    return {"x-type": name}


class Request(BaseModel):
    """What the page sends to a function. Fields that it does not have are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class Reply(BaseModel):
    """What a function answers where nothing has failed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class NoFields(Request):
    """A request that says nothing."""


class Done(Reply):
    """An answer that says nothing."""


Seed = Annotated[int, Field(ge=0, lt=SEED_LIMIT, json_schema_extra=_named("Seed")), ErrorCode("error_seed")]
Psi = Annotated[float, Field(ge=0, le=1, json_schema_extra=_named("Psi")), ErrorCode("error_psi")]
Sha256 = Annotated[str, Field(pattern=f"^[0-9a-f]{{{SHORT},64}}$", json_schema_extra=_named("Sha256"))]
WholeSha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", json_schema_extra=_named("Sha256"))]
Cell = Annotated[int, Field(ge=0, lt=CELLS, json_schema_extra=_named("Cell"))]
Visitor = Annotated[str, Field(pattern=f"^[ -~]{{1,{VISITOR_LENGTH}}}$", json_schema_extra=_named("Visitor"))]
Secret = Annotated[str, Field(pattern="^[0-9a-f-]{16,64}$", json_schema_extra=_named("Secret"))]
Token = Annotated[str, Field(pattern="^[ -~]{1,64}$")]  # by which the program knows an upload or a film again
Code = Annotated[str, Field(pattern="^[a-zA-Z][a-zA-Z0-9_]{0,63}$")]  # names a text of the page, or a choice
Count = Annotated[int, Field(ge=0, lt=2**53)]


def _is_whole(value: Any) -> Any:
    """Refuse what is equal to a whole number and none: Literal takes 8.0 for 8."""
    if type(value) is not int:
        raise PydanticCustomError("no_whole_number", "The value is no whole number.")
    return value


WHOLE = BeforeValidator(_is_whole)  # beside a Literal of whole numbers


def a_visitor() -> str:
    """Return the name of somebody who gave none."""
    return uuid.uuid4().hex


def _cleaned(longest: int) -> BeforeValidator:
    return BeforeValidator(lambda value: clean_text(encodable(value), longest) if isinstance(value, str) else value)


# What is said by a file or a machine: cleaned and cut, as it can be refused to nobody.
Label = Annotated[str, _cleaned(LABEL_LENGTH), Field(max_length=LABEL_LENGTH)]
Name = Annotated[str, _cleaned(NAME_LENGTH), Field(max_length=NAME_LENGTH)]


@dataclass(frozen=True)
class Typed:
    """Marks a text that somebody types: one that is longer than so many characters is refused, any other cleaned."""

    longest: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Clean before the text is checked, as half a character would be refused."""
        text = core_schema.str_schema(max_length=self.longest, strict=True)
        return core_schema.no_info_before_validator_function(self._clean, text)

    def _clean(self, value: Any) -> Any:
        fits = isinstance(value, str) and len(value) <= self.longest
        return clean_text(value, self.longest) if fits else value


Base64 = Annotated[str, Field(json_schema_extra=_named("Base64"))]  # made here, so it is not looked at again


def base64_length(most_bytes: int) -> int:
    """Return how many characters so many bytes have in base64."""
    return (most_bytes + 2) // 3 * 4


# A whole file; `decoded` reads it, where there is a turn for what is so large.
EncodedFile = Annotated[str, Field(max_length=base64_length(MAX_FILE_BYTES), json_schema_extra=_named("Base64"))]


def decoded(text: str) -> bytes | None:
    """Return the bytes of a text in base64, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


Number: TypeAlias = int | float


class Phrase(Reply):
    """Words of the page: a text by its code, with what fills it."""

    code: Code
    values: Mapping[Code, Label | Number]


class Named(Reply):
    """A recipe or a network: as its file calls it, and, where the page has words for it, their code and values."""

    text: Label
    code: Code | None = None
    values: dict[Code, Number] = {}


class Problem(Reply):
    """What went wrong: the code of a text, and what fills it; `reason` and `remarks` are phrases of their own."""

    code: Code
    values: dict[Code, Phrase | Label | Number | list[Label] | None]


class Failed(Reply):
    """The answer of a function that has failed."""

    error: Problem


class Superseded(Reply):
    """The answer to a request in whose place the visitor has sent another."""

    superseded: Literal[True] = True


class TileRequest(Request):
    """One tile, and whose request it is."""

    seed: Seed
    sha256: Sha256
    psi: Psi = 1.0
    visitor: Visitor
