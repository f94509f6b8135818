from __future__ import annotations

import re

import pytest

from studio.ui.declarations import FILE, SCALARS, declarations, type_of


@pytest.fixture(scope="module")
def written() -> str:
    return declarations()


def test_the_file_is_what_the_models_say(written: str) -> None:
    assert FILE.read_text(encoding="utf-8") == written, "run: python -m studio.ui.declarations"


def test_every_type_that_is_used_is_declared_once(written: str) -> None:
    declared = re.findall(r"^export (?:type|interface) (\w+)", written, re.M)
    assert len(declared) == len(set(declared))
    code = re.sub(r"/\*\*.*?\*/|//.*|\"[^\"]*\"", "", written)
    used = set(re.findall(r"\b[A-Z]\w+", code)) - {"Record", "Promise", "T"}
    assert used == set(declared)
    assert set(SCALARS) <= used


def test_a_function_takes_its_request_and_answers_data_or_an_error(written: str) -> None:
    assert "  show(request: ShowRequest): Promise<Answered<ShowReply>>;" in written
    assert "  add_begin(request: BeginRequest): Promise<Answered<BeginReply>>;" in written


def test_what_a_route_answers_is_declared_too(written: str) -> None:
    assert {"export interface Received {", "export interface Added {"} <= set(written.splitlines())
    assert "export type Answered<T> = T | Failed | Superseded;" in written
    assert re.search(r"interface TileRequest \{\n  seed: Seed;\n  sha256: Sha256;\n  psi\?: Psi;\n", written)


def test_a_schema_without_a_type_is_refused() -> None:
    with pytest.raises(ValueError, match="no type in TypeScript"):
        type_of({"type": "date"})
