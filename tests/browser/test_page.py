from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from studio.ui.texts.i18n import RACE_TEXTS, TEXTS
from tests.browser.conftest import PHONE, looks_like, pixels_of, sheet_of, too_wide, wait_for_tile

Open = Callable[..., Page]
TABS = ("explore", "seeds", "compare", "export", "verify", "about")


def test_the_page_speaks_the_language_of_the_browser_and_switches(address: str, open_page: Open) -> None:
    page = open_page(address, locale="ja-JP")
    expect(page.get_by_role("tab", name=TEXTS["tab_export"][1])).to_be_visible()
    expect(page.locator("button.next")).to_have_text(TEXTS["next"][1])
    page.locator("button.language").click()
    expect(page.locator("button.next")).to_have_text("Next")
    expect(page.get_by_role("tab", name="Export")).to_be_visible()
    page.reload()
    wait_for_tile(page)
    expect(page.locator("button.next")).to_have_text("Next")
    expect(page.get_by_role("tab", name="Export")).to_be_visible()


def test_no_text_is_missing_in_any_language() -> None:
    for key, texts in TEXTS.items():
        assert len(texts) == 2, key
        assert all(texts), key


def test_every_text_that_the_scripts_ask_for_exists() -> None:
    folder = Path(__file__).parents[2] / "studio" / "ui"
    asked = set()
    for path in folder.glob("*/*.js"):
        source = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"""textOf\("(\w+)"[,)]""", source))
    keys = (folder / "shared" / "shortcut_table.js").read_text(encoding="utf-8")
    keys = keys[keys.index("export const KEYS") : keys.index("const TITLES")]
    asked |= set(re.findall(r"""^ {4}(\w+): (?:\[|ARROWS)""", keys, flags=re.M))
    for path in folder.glob("*/*.html"):
        asked |= set(re.findall(r'data-(?:text|label)="(\w+)"', path.read_text(encoding="utf-8")))
    assert len(asked) > 200
    assert "seeds_key_move" in asked
    assert asked <= TEXTS.keys() | RACE_TEXTS.keys()


def hard_coded(name: str, text: str) -> list[str]:
    """Find words that a file of the page shows in one language only; commands in <code> are the same in all."""
    if name.endswith(".js"):
        return re.findall(r"""(?:textContent|title|placeholder|alt) ?[=:] ?"([^"]*[A-Za-z]{2}[^"]*)\"""", text)
    shown = re.sub(r"<code>.*?</code>|__[A-Z]+__", "", text, flags=re.S)  # nor where another file is put in
    words = re.findall(r">([^<]+)<", shown) + re.findall(r'(?:title|placeholder|aria-label|alt)="([^"]+)"', shown)
    return [word for word in words if re.search(r"[^\W\d_]", word)]


def test_no_word_of_the_page_is_hard_coded() -> None:
    folder = Path(__file__).parents[2] / "studio" / "ui"
    files = [*folder.glob("*/*.html"), *folder.glob("*/*.js")]
    assert len(files) > 10
    found = {
        path.relative_to(folder).as_posix(): hard_coded(path.name, path.read_text(encoding="utf-8")) for path in files
    }
    assert {name: words for name, words in found.items() if words} == {}
    assert hard_coded("a.html", '<p title="Hi">Bye</p>') == ["Bye", "Hi"]
    assert hard_coded("a.js", 'node.textContent = "Hello";') == ["Hello"]


TARGETS = "button, [role=button], select, summary, .modes label, .check, .race input:not([type=file]), .race a"
SMALL = """(nodes) => nodes
    .filter((node) => getComputedStyle(node).display !== "inline" && !node.closest("[aria-hidden=true]"))
    .map((node) => {
        node.scrollIntoView({ block: "center", inline: "center" });
        const box = node.getBoundingClientRect();
        const meets = (y) => node.contains(document.elementFromPoint(box.left + box.width / 2, y));
        return [node, box, meets(box.top + 2) && meets(box.bottom - 2)];
    })
    .filter(([_, box, touched]) => Math.min(box.width, box.height) < 43.99 || !touched)
    .map(([node, box, touched]) => `${node.className} ${node.textContent} ${box.width} x ${box.height} ${touched}`)"""


def small_targets(page: Page) -> list[str]:
    """Name what is to be touched and less than 44 pixels wide or high, or cut off; links in a sentence are text."""
    return page.locator(TARGETS).locator("visible=true").evaluate_all(SMALL)  # type: ignore[no-any-return]


def test_nothing_scrolls_sideways_on_a_phone_and_targets_are_large_enough(address: str, open_page: Open) -> None:
    page = open_page(address, locale="ja-JP", **PHONE)
    for tab in TABS:
        page.evaluate("(tab) => window.ganRace.openTab(tab)", tab)  # on a phone not every tab has a button
        page.wait_for_selector(f".race.{tab}")
        page.evaluate("() => document.querySelectorAll('.race details').forEach((one) => { one.open = true; })")
        assert (tab, too_wide(page)) == (tab, [])
        assert (tab, small_targets(page)) == (tab, [])


def test_the_menu_of_the_tabs_that_do_not_fit_has_large_targets_and_speaks_the_pages_language(
    address: str, open_page: Open
) -> None:
    page = open_page(address, **PHONE)
    page.get_by_role("button", name="More tabs").click()
    expect(page.locator(".overflow-dropdown").get_by_role("button", name="About")).to_be_visible()
    assert small_targets(page) == []
    page.locator("button.language").click()
    expect(page.locator(".overflow-menu > button")).to_have_attribute("aria-label", TEXTS["more_tabs"][1])


def test_a_link_can_name_the_tab(address: str, open_page: Open) -> None:
    page = open_page(f"{address}?tab=verify", tile=False)
    expect(page.locator(".race .drop")).to_be_visible()


def test_the_page_asks_no_other_host_and_keeps_nothing_of_others_in_the_browser(address: str, open_page: Open) -> None:
    page = open_page(address)
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
    page.reload()
    wait_for_tile(page)
    page.keyboard.press("r")
    wait_for_tile(page, seed=1)
    page.locator("button.language").click()
    assert {host.split(":")[0] for host in hosts} <= {"127.0.0.1"}
    kept = page.evaluate("Object.keys(localStorage)")
    assert "ganrace.language" in kept
    assert [key for key in kept if not key.startswith("ganrace.")] == []


def test_two_visitors_do_not_see_each_others_seed(address: str, checkpoints: Path, open_page: Open) -> None:
    first, second = open_page(address), open_page(address)
    first.keyboard.press("r")
    second.keyboard.press("ArrowLeft")
    for page, seed in ((first, 1), (second, 2**32 - 1)):
        wait_for_tile(page, seed=seed)
        assert looks_like(pixels_of(page, ".race .tile"), sheet_of(checkpoints / "alpha", seed))
    assert first.evaluate("window.ganRace.shown.seed") == 1


def test_a_program_that_is_gone_is_said_and_the_tile_stays(address: str, open_page: Open) -> None:
    page = open_page(address, quiet=False)
    page.route("**/component_server**", lambda route: route.abort())
    before = page.locator(".caption").inner_text()
    page.keyboard.press("d")  # a random seed: the next ones may have been asked for already
    expect(page.locator(".explore .status")).to_contain_text("does not answer")
    assert page.locator(".caption").inner_text() == before


def server_parts(address: str) -> dict[str, int]:
    """Return which component answers which function, as anybody can read it from the config."""
    config = httpx.get(f"{address}config", timeout=10).json()
    return {name: part["id"] for part in config["components"] for name in part["props"].get("server_fns", [])}


def call(address: str, name: str, data: Any) -> Any:
    body = {"session_hash": "forged", "component_id": server_parts(address)[name], "fn_name": name, "data": data}
    headers = {"Content-Type": "application/json"}  # Python's own JSON: it can say NaN, as a hostile client would
    return httpx.post(f"{address}gradio_api/component_server", content=json.dumps(body), headers=headers).json()


GOOD = {"sha256": "0" * 64, "seed": 1, "visitor": "v"}
HOSTILE = [
    ("show", None, "error_seed"),
    ("show", [1, 2], "error_seed"),
    ("show", {**GOOD, "seed": True}, "error_seed"),
    ("show", {**GOOD, "seed": 1.5}, "error_seed"),
    ("show", {**GOOD, "seed": float("nan")}, "error_seed"),
    ("show", {**GOOD, "seed": 2**32}, "error_seed"),
    ("show", {**GOOD, "seed": "1; rm"}, "error_seed"),
    ("show", {**GOOD, "sha256": "../../etc/passwd"}, "error_request"),
    ("show", {**GOOD, "sha256": {"a": 1}}, "error_request"),
    ("show", {**GOOD, "visitor": "v" * 1000}, "error_request"),
    ("show", GOOD, "error_unknown_checkpoint"),
    ("cell", {**GOOD, "cell": 9}, "error_unknown_checkpoint"),
    ("export_tile", GOOD, "error_unknown_checkpoint"),
    ("verify_tile", {"file": "%%%"}, "error_request"),
    ("verify_tile", {}, "error_request"),
    ("verify_tile", {"file": "", "sha256": "0" * 64, "seed": -1}, "error_seed"),
]


def test_hostile_requests_get_a_plain_error(address: str) -> None:
    for name, data, code in HOSTILE:
        assert call(address, name, data)["error"]["code"] == code, (name, data)


def test_a_cell_beyond_the_tile_is_refused(address: str) -> None:
    sha256 = call(address, "list_checkpoints", {})["list"]["default"]
    for cell in (-1, 100, True, "3", None):
        answer = call(address, "cell", {"sha256": sha256, "seed": 1, "visitor": "v", "cell": cell})
        assert answer["error"]["code"] == "error_request"


def status_of(address: str, path: str, declared: int) -> int:
    """Announce a body of so many bytes, send none of it, and return the status that is answered."""
    with socket.create_connection(("127.0.0.1", httpx.URL(address).port), timeout=10) as connection:
        head = (
            f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {declared}\r\n\r\n"
        )
        connection.sendall(head.encode())
        return int(connection.recv(100).split()[1])


def test_large_bodies_and_uploads_are_refused_before_they_are_read(address: str) -> None:
    assert status_of(address, "gradio_api/component_server", 25 * 2**20) == 413
    assert status_of(address, "gradio_api/upload", 10) == 404


def test_a_body_that_hides_its_length_is_cut_off(address: str) -> None:
    chunks = (bytes(2**20) for _ in range(40))
    headers = {"Content-Type": "application/json"}
    try:
        answer = httpx.post(f"{address}gradio_api/component_server", content=chunks, headers=headers, timeout=30)
        assert answer.status_code in (400, 413)
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # the connection was closed while the body was still coming


@pytest.mark.parametrize("path", ["gradio_api/file=pyproject.toml", "gradio_api/file=/etc/passwd"])
def test_no_file_can_be_read_through_the_page(address: str, path: str) -> None:
    assert httpx.get(f"{address}{path}", timeout=10).status_code in (403, 404)


@pytest.mark.parametrize(("path", "status"), [("gradio_api/runs", 404), ("monitoring", 404)])
def test_nobody_can_look_at_what_others_asked(address: str, path: str, status: int) -> None:
    assert httpx.get(f"{address}{path}", timeout=10).status_code == status
