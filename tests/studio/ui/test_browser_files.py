"""The scripts and texts that the browser fetches: which there are, who gets them, and what the page brings itself."""

from __future__ import annotations

import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from studio.ui import browser_files, http_hosts
from studio.ui import page as studio_page
from studio.ui.browser_files import address_of, needed_by, version
from studio.ui.texts.i18n import RACE_TEXTS, TEXTS

UI = Path(http_hosts.__file__).parent
SCRIPTS = sorted(path.relative_to(UI).as_posix() for path in UI.glob("*/*.js") if "node_modules" not in path.parts)
RELATIVE = re.compile(r'^import\b[^;]*? "(\.[^"]+)";$', flags=re.M)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    built = studio_page.build(tmp_path_factory.mktemp("none"), torch.device("cpu"))
    address = built.launch(prevent_thread_lock=True, quiet=True)[1]
    with httpx.Client(base_url=str(address), timeout=20) as opened:
        yield opened
    built.close(verbose=False)


def modules_of(page: str) -> dict[str, Any]:
    """Return what the page says of its modules."""
    found = re.search(r'<script [^>]*id="race-modules">(.*?)</script>', page, flags=re.S)
    assert found is not None
    return dict(json.loads(found[1]))


def test_every_script_has_an_address_or_comes_with_the_page(client: httpx.Client) -> None:
    page = client.get("/").text
    modules = modules_of(page)
    assert len(SCRIPTS) > 50
    assert sorted([*modules["inlined"], *modules["addresses"]]) == [f"race/{name}" for name in SCRIPTS]
    assert "race/explore/tab.js" in modules["inlined"]
    assert "race/morph/tab.js" in modules["addresses"]
    for name, address in modules["addresses"].items():
        answer = client.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert answer.text.count("\n") == (UI / name.removeprefix("race/")).read_text(encoding="utf-8").count("\n")
    assert page.index("race-modules") < page.index('type="module"')


def test_every_import_names_a_script_that_is_there(client: httpx.Client) -> None:
    modules = modules_of(client.get("/").text)
    known = {*modules["inlined"], *modules["addresses"]}
    sources = {**modules["inlined"], **{name: client.get(path).text for name, path in modules["addresses"].items()}}
    for name, source in sources.items():
        found = re.findall(r'^(?:import|\} from)\b[^;"]*"([^"]+)"', source, flags=re.M)
        written = RELATIVE.findall((UI / name.removeprefix("race/")).read_text(encoding="utf-8"))
        assert set(found) <= known, name
        assert len(found) == len(written), name


def test_what_comes_with_the_page_imports_nothing_that_does_not(client: httpx.Client) -> None:
    inlined = modules_of(client.get("/").text)["inlined"]
    for name, source in inlined.items():
        assert set(re.findall(r'^(?:import|\} from)\b[^;"]*"([^"]+)"', source, flags=re.M)) <= inlined.keys(), name
    assert needed_by(["verify/runs.js"]) == ["verify/runs.js"]
    assert {"shared/parsers.js", "seeds/stream.js"} <= set(needed_by(["seeds/tab.js"]))


def test_one_language_at_a_time_comes_and_every_text_of_it(client: httpx.Client) -> None:
    page = client.get("/").text
    for column, language in enumerate(("en", "ja")):
        answer = client.get(modules_of(page)["texts"][language]).json()
        assert answer["texts"] == {key: texts[column] for key, texts in TEXTS.items()}
        more = client.get(modules_of(page)["more_texts"]["race"][language]).json()
        assert more["texts"] == {key: texts[column] for key, texts in RACE_TEXTS.items()}
    for english, japanese in (TEXTS["compare_no_difference"], TEXTS["morph_few_stops"]):
        assert english not in page
        assert japanese not in page


def test_a_file_may_be_kept_for_ever_and_comes_compressed(client: httpx.Client) -> None:
    name = "seeds/stream.js"
    zipped = client.get(address_of(name), headers={"accept-encoding": "gzip"})
    plain = client.get(address_of(name), headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content == browser_files.browser_files()[name].plain
    assert len(gzip.compress(plain.content)) < len(plain.content) / 2
    for answer in (zipped, plain):
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.head(address_of(name)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        *(
            "race/ui/0123456789abcdef/seeds/stream.js",
            "race/ui/{version}/seeds/tab.py",
            "race/ui/{version}/package.json",
        ),
        *("race/ui/{version}/texts/texts.toml", "race/ui/{version}/", "race/ui/{version}/../page.py", "race/ui"),
        *(
            "race/ui/{version}/shared/../../page.py",
            "race/ui/{version}/%2e%2e/page.py",
            "race/ui/{version}//etc/passwd",
        ),
        *("race/ui/{version}/eslint.config.js", "race/ui/{version}/node_modules/eslint/package.json"),
    ],
)
def test_nothing_else_can_be_fetched(client: httpx.Client, path: str) -> None:
    answer = client.get(path.format(version=version()))
    assert (answer.status_code, answer.text) == (404, "There is nothing here.")
    assert client.post(address_of("seeds/tab.js")).status_code == 404


def test_where_visitors_log_in_only_they_get_the_files(tmp_path: Path) -> None:
    built = studio_page.build(tmp_path, torch.device("cpu"))
    address = built.launch(prevent_thread_lock=True, quiet=True, auth=("teacher", "secret"))[1]
    try:
        with httpx.Client(base_url=address, timeout=20) as visitor:
            assert visitor.get(address_of("seeds/tab.js")).status_code == 401
            assert "race-modules" not in visitor.get("/").text
            assert visitor.post("/login", data={"username": "teacher", "password": "secret"}).status_code == 200
            assert visitor.get(address_of("seeds/tab.js")).status_code == 200
            assert modules_of(visitor.get("/").text)["inlined"]
    finally:
        built.close(verbose=False)


@pytest.mark.parametrize("shown", ["/gan/", "/"])
def test_below_a_path_of_a_reverse_proxy_the_page_finds_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str
) -> None:
    """The proxy leaves its path, or takes it away."""
    monkeypatch.setenv("GRADIO_ROOT_PATH", "/gan")
    built = studio_page.build(tmp_path, torch.device("cpu"))
    address = built.launch(prevent_thread_lock=True, quiet=True)[1].split("/gan")[0]
    try:
        with httpx.Client(base_url=address, timeout=20) as visitor:
            modules = modules_of(visitor.get(shown).text)
            for name in (modules["addresses"]["race/seeds/tab.js"], modules["texts"]["ja"]):
                assert visitor.get(f"{shown}{name.removeprefix('./')}").status_code == 200
    finally:
        built.close(verbose=False)


def test_the_package_brings_what_the_page_needs_and_no_tool() -> None:
    settings = tomllib.loads((UI.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["studio"]
    brought = {path for pattern in patterns for path in UI.parent.glob(pattern)}
    kinds = ("*.css", "*.html", "*.toml", "*.js")
    needed = {path for kind in kinds for path in UI.rglob(kind) if "node_modules" not in path.parts}
    assert needed - brought == {UI / "eslint.config.js"}
    assert not {path for path in brought if "node_modules" in path.parts}


def test_the_page_is_as_long_as_it_says(client: httpx.Client) -> None:
    for encoding in ("gzip", "identity"):
        answer = client.get("/", headers={"accept-encoding": encoding})
        assert answer.text.endswith("</html>\n") or answer.text.rstrip().endswith("</html>")
        assert "GAN Race Studio" in answer.text


def test_a_script_that_is_not_there_is_an_error_when_the_page_is_built() -> None:
    with pytest.raises(KeyError, match=r"explore/gone\.js"):
        browser_files.importing("explore/gone.js", "() => 1")
    with pytest.raises(KeyError, match=r"explore/gone\.js"):
        address_of("explore/gone.js")
