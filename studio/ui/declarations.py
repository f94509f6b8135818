"""The protocol as declarations for TypeScript, from the JSON schemas of the models: `python -m studio.ui.declarations`.

The file says of each function of the page what it takes and what it answers.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, TypeAlias, get_args

import gradio as gr
import torch
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from studio.ui.checkpoints import panel as checkpoints
from studio.ui.checkpoints.messages import PieceReply
from studio.ui.favourites import panel as favourites
from studio.ui.header import panel as header
from studio.ui.page import WITH_RACE
from studio.ui.protocol import ServerFunction
from studio.ui.protocol_types import Failed, Superseded
from studio.ui.services import Studio

FILE = Path(__file__).with_name("protocol.d.ts")
HEAD = """\
// What the functions of the page take and answer. Written by `python -m studio.ui.declarations`; not to be edited.
"""
SCALARS = {  # named types of the schemas, and what they are to TypeScript
    "Seed": ("number", "A whole number from 0 to 4294967295."),
    "Psi": ("number", "The truncation of all cells of a tile, 0 to 1."),
    "Cell": ("number", "A cell of a tile, 0 to 99, row by row."),
    "Sha256": ("string", "A SHA-256 in hexadecimal digits; in a request its beginning will do, 8 digits or more."),
    "Visitor": ("string", "The page, as it calls itself: 1 to 64 characters of printable ASCII."),
    "Secret": ("string", "By which a browser is known again: 16 to 64 hexadecimal digits and hyphens."),
    "Base64": ("string", "Bytes in base64."),
}
PRIMITIVES = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
Schema: TypeAlias = dict[str, Any]


def functions(studio: Studio) -> dict[str, dict[str, ServerFunction]]:
    """Build every part of the page over a studio, and return its functions by part and name."""
    with gr.Blocks():
        parts = {"header": header.build(lambda: None)}
        parts |= {"favourites": favourites.build(studio), "checkpoints": checkpoints.build(studio)}
        parts |= {name: module.build(studio) for name, module in WITH_RACE.items()}
    return {name: {one.__name__: one for one in part.server_fns} for name, part in parts.items()}


def declarations() -> str:
    """Return the file."""
    with tempfile.TemporaryDirectory() as folder:
        parts = functions(Studio(Path(folder), torch.device("cpu")))
    every = [function for part in parts.values() for function in part.values()]
    requests = {function.request for function in every}
    replies: set[type[BaseModel]] = {Failed, Superseded, *_members(PieceReply)}  # a route answers the last ones
    replies.update(model for function in every for model in _members(function.reply))
    schemas = _definitions(requests, "validation") | _definitions(replies, "serialization")
    blocks = [HEAD, *_scalars(), *(_interface(name, schema) for name, schema in sorted(schemas.items()))]
    return "\n".join([*blocks, ANSWERED, *(_part(name, part) for name, part in parts.items())])


ANSWERED = "export type Answered<T> = T | Failed | Superseded;\n"


def _members(reply: Any) -> tuple[type[BaseModel], ...]:
    return get_args(reply) if isinstance(reply, UnionType) else (reply,)


def _definitions(models: Iterable[type[BaseModel]], mode: JsonSchemaMode) -> dict[str, Schema]:
    pairs = [(model, mode) for model in sorted(models, key=lambda model: model.__name__)]
    found: dict[str, Schema] = models_json_schema(pairs)[1].get("$defs", {})
    return found


def _scalars() -> Iterator[str]:
    for name, (kind, words) in SCALARS.items():
        yield f"/** {words} */\nexport type {name} = {kind};\n"


def _interface(name: str, schema: Schema) -> str:
    required, fields = schema.get("required", []), schema.get("properties", {})
    lines = [
        f"  {field}{'' if field in required else '?'}: {type_of(one)};{_bounds(one)}" for field, one in fields.items()
    ]
    return "\n".join([*_comment(schema), f"export interface {name} {{", *lines, "}\n"])


def _comment(schema: Schema) -> list[str]:
    words = " ".join(schema.get("description", "").split())
    return [f"/** {words} */"] if words else []


def _bounds(schema: Schema) -> str:
    """Say what TypeScript cannot: how long a text or a list may be, and between what a number lies."""
    words = {"maxLength": "characters at most", "maxItems": "at most"}
    said = [f"{schema[name]} {unit}" for name, unit in words.items() if name in schema and "x-type" not in schema]
    if "x-type" not in schema and "minimum" in schema and "maximum" in schema:
        said.append(f"{schema['minimum']} to {schema['maximum']}")
    return f" // {', '.join(said)}" if said else ""


def type_of(schema: Schema) -> str:
    """Return the type of a JSON schema in TypeScript. Raises ValueError for one that it has no words for."""
    if "x-type" in schema:
        return str(schema["x-type"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if choices := schema.get("enum") or ([schema["const"]] if "const" in schema else None):
        return " | ".join(map(json.dumps, choices))
    if members := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(map(type_of, members)))
    return _of_kind(schema)


def _of_kind(schema: Schema) -> str:
    kind = schema.get("type")
    if kind == "array":
        inner = type_of(schema["items"])
        return f"({inner})[]" if " | " in inner else f"{inner}[]"
    if kind == "object":
        patterns: Schema = schema.get("patternProperties", {})
        values: Any = schema.get("additionalProperties") or next(iter(patterns.values()), {})
        return f"Record<string, {type_of(values) if isinstance(values, dict) else 'unknown'}>"
    if kind is None and not schema.keys() - {"title"}:
        return "unknown"
    if kind not in PRIMITIVES:
        raise ValueError(f"The schema {schema} has no type in TypeScript.")
    return PRIMITIVES[kind]


def _part(name: str, part: dict[str, ServerFunction]) -> str:
    lines = [
        f"  {called}(request: {function.request.__name__}): Promise<Answered<{_reply(function)}>>;"
        for called, function in part.items()
    ]
    return "\n".join([f"export interface {name.capitalize()}Server {{", *lines, "}\n"])


def _reply(function: ServerFunction) -> str:
    return " | ".join(model.__name__ for model in _members(function.reply))


if __name__ == "__main__":
    FILE.write_text(declarations(), encoding="utf-8")
