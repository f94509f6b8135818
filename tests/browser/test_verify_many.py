"""Many files in Verify: the table, its downloads, Stop, folders, zips, phones; other seeds beside a verdict."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from studio.checkpoints.catalog import Catalog
from studio.race.batch_files import pictures
from studio.race.batch_table import CSV_COLUMNS, to_csv
from studio.race.batch_verification import verify_batch
from studio.race.seed_comparison import MAX_REPEATED
from studio.race.tile_file import export_png
from studio.rendering.image_encoding import to_png
from tests.browser.conftest import PHONE, drop, findings, sheet_of, too_wide, with_swapped_cells
from training.core import checkpoint

Open = Callable[..., Page]
SLOW_ENOUGH = 60_000
SERVER = re.compile("component_server")


@pytest.fixture
def mails(checkpoints: Path, tmp_path: Path) -> Path:
    """Return a folder with twelve files: seven tiles, two of them one, a changed one, and what is none."""
    alpha, beta = (checkpoint.load(checkpoints / name) for name in ("alpha", "beta"))
    mails = tmp_path / "mails"
    (mails / "anna").mkdir(parents=True)
    for number in range(4):
        (mails / f"{number}.png").write_bytes(export_png(alpha, number, seeds_looked_at=10 + number))
    (mails / "anna" / "again.png").write_bytes(export_png(alpha, 2))
    (mails / "anna" / "psi.png").write_bytes(export_png(beta, 5, 0.5))
    (mails / "changed.png").write_bytes(with_swapped_cells(export_png(beta, 6), 3, 40))
    (mails / "broken.png").write_bytes(b"no picture")
    (mails / ".hidden.png").write_bytes(b"hidden")
    (mails / "notes.txt").write_text("hello")
    with zipfile.ZipFile(mails / "more.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/花.png", export_png(beta, 8))
        archive.writestr("preview.png", b"of a checkpoint")
        archive.writestr("config.json", b"{}")
        archive.writestr("deep/inner.zip", b"PK")
    return mails


@pytest.fixture
def verify_page(address: str, open_page: Open) -> Page:
    return opened(open_page, address)


def opened(open_page: Open, address: str, **options: object) -> Page:
    page = open_page(f"{address}?tab=verify", tile=False, **options)
    page.wait_for_selector("#race-verify[data-mounted]")
    return page


def rows(page: Page) -> Locator:
    return page.locator(".batch-table tbody tr")


def finished(page: Page, count: int) -> None:
    expect(rows(page)).to_have_count(count, timeout=SLOW_ENOUGH)
    expect(page.locator(".batch-stop")).to_be_hidden(timeout=SLOW_ENOUGH)


def files_in(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.rglob("*")) if path.suffix == ".png" and path.name[0] != "."]


def saved(page: Page, button: str) -> str:
    with page.expect_download() as waiting:
        page.locator(button).click()
    return Path(waiting.value.path()).read_text(encoding="utf-8-sig")


def test_a_folder_is_checked_as_the_command_line_checks_it(verify_page: Page, mails: Path, checkpoints: Path) -> None:
    verify_page.locator(".folder").set_input_files(str(mails))
    finished(verify_page, 10)
    found = list(csv.DictReader(io.StringIO(saved(verify_page, ".batch-csv"))))
    wanted = list(csv.DictReader(io.StringIO(to_csv(verify_batch(pictures([mails]), Catalog(checkpoints))))))
    assert list(found[0]) == list(CSV_COLUMNS)
    same = ("outcome", "checkpoint", "checkpoint_name", "seed", "seeds_looked_at", "origin")
    root = f"{mails.parent}/"
    assert [[row["file"], *(row[name] for name in same)] for row in found] == [
        [row["file"].replace(root, ""), *(row[name] for name in same)] for row in wanted
    ]
    assert [row["outcome"] for row in found][:3] == ["fail", "could_not_check", "could_not_check"]
    assert {row["file"] for row in found if row["duplicates"]} == {"mails/2.png", "mails/anna/again.png"}
    drawn = [row for row in found if row["origin"]]
    assert all(re.fullmatch(r"\d+, \d+", row["other_seeds"]) for row in drawn)
    assert all(int(row["repeated_pictures"]) <= MAX_REPEATED for row in drawn)  # of seeds that are drawn by chance
    assert {row["warnings"] for row in found} == {""}
    content = json.loads(saved(verify_page, ".batch-json"))
    assert content["counts"] == {"fail": 1, "could_not_check": 2, "pass_exact": 7}
    assert content["files"][0]["verdict"]["cells"] == [3, 40]


def test_of_twelve_files_that_are_chosen_each_is_told(verify_page: Page, mails: Path) -> None:
    chosen = files_in(mails)
    verify_page.locator(".file").set_input_files([*chosen, *chosen[:4]])
    finished(verify_page, 12)
    expect(verify_page.locator(".batch-count")).to_contain_text("12 of 12 files checked")
    expect(rows(verify_page).first).to_contain_text("2 of 100 pictures differ")
    expect(rows(verify_page).first.locator("img")).to_be_visible()
    expect(rows(verify_page).filter(has_text="0.png").first).to_contain_text("The same tile as 0.png")


def dropped(page: Page, selector: str, files: dict[str, bytes]) -> None:
    """Drop files on an element as the browser's own event does."""
    page.evaluate(
        """([selector, files]) => {
            const transfer = new DataTransfer();
            for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
            const event = { bubbles: true, cancelable: true, dataTransfer: transfer };
            document.querySelector(selector).dispatchEvent(new DragEvent("drop", event));
        }""",
        [selector, [[name, list(data)] for name, data in files.items()]],
    )


def test_several_files_that_are_dropped_on_explore_are_checked_in_verify(
    address: str, open_page: Open, mails: Path
) -> None:
    page = open_page(address)
    dropped(page, ".race.explore", {name: (mails / name).read_bytes() for name in ("0.png", "1.png", "changed.png")})
    finished(page, 3)
    expect(page.locator(".batch-count")).to_contain_text("1 FAIL, 2 PASS (exact)")


def test_a_file_of_the_table_is_shown_in_full_and_what_is_told_of_it_is_taken(
    verify_page: Page, mails: Path, tmp_path: Path, checkpoints: Path
) -> None:
    bare = tmp_path / "bare.png"
    bare.write_bytes(to_png(sheet_of(checkpoints / "alpha", 9)))
    verify_page.locator(".file").set_input_files([str(bare), str(mails / "0.png")])
    finished(verify_page, 2)
    verify_page.get_by_role("button", name="bare.png").click()
    expect(verify_page.locator(".verdict .outcome")).to_have_text("COULD NOT CHECK")
    verify_page.locator(".ask-seed").fill("9")
    verify_page.get_by_role("button", name="Check", exact=True).click()
    expect(verify_page.locator(".verdict .outcome")).to_have_text("PASS (exact)")
    expect(verify_page.locator(".batch-count")).to_contain_text("2 PASS (exact)")
    expect(verify_page.locator(".other-tiles img")).to_have_count(2)


def test_stop_and_go_on(verify_page: Page, mails: Path) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "check_file" in (route.request.post_data or "") and not held:
            held.append(route)
        else:
            route.continue_()

    verify_page.route(SERVER, hold)
    verify_page.locator(".folder").set_input_files(str(mails))
    verify_page.wait_for_function("document.querySelectorAll('.batch-table tbody tr').length > 0")
    verify_page.locator(".batch-stop").click()
    expect(verify_page.locator(".batch-count")).to_contain_text("stopped")
    held[0].continue_()
    expect(verify_page.locator(".batch-go")).to_be_visible()
    assert rows(verify_page).count() < 10
    verify_page.locator(".batch-go").click()
    finished(verify_page, 10)
    verify_page.locator(".batch-clear").click()
    expect(verify_page.locator(".batch")).to_be_hidden()


def held_from(page: Page, *words: str) -> list[Route]:
    """Hold back the requests that contain all these words, until they are answered by the test."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        data = route.request.post_data or ""
        if all(word in data for word in words):
            held.append(route)
        else:
            route.continue_()

    page.route(SERVER, hold)
    return held


def wait_for_held(page: Page, held: list[Route], count: int) -> None:
    for _ in range(150):
        if len(held) >= count:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"{len(held)} of {count} requests have come.")


def test_files_that_follow_a_cleared_table_are_checked(verify_page: Page, mails: Path) -> None:
    held = held_from(verify_page, "check_file")
    verify_page.locator(".file").set_input_files([str(mails / name) for name in ("0.png", "1.png", "changed.png")])
    wait_for_held(verify_page, held, 2)
    verify_page.locator(".batch-clear").click()
    expect(verify_page.locator(".batch")).to_be_hidden()
    verify_page.locator(".file").set_input_files([str(mails / "2.png"), str(mails / "3.png")])
    first = held[:2]
    for route in first:
        route.continue_()
    wait_for_held(verify_page, held, 4)
    for route in held[2:]:
        route.continue_()
    finished(verify_page, 2)
    expect(verify_page.locator(".batch-open")).to_have_text(["2.png", "3.png"])
    expect(verify_page.locator(".batch-count")).to_contain_text("2 of 2")


def test_other_seeds_that_were_drawn_for_an_earlier_verdict_are_dropped(
    verify_page: Page, mails: Path, tmp_path: Path, checkpoints: Path
) -> None:
    bare = tmp_path / "bare.png"
    bare.write_bytes(to_png(sheet_of(checkpoints / "alpha", 9)))
    verify_page.locator(".file").set_input_files([str(bare), str(mails / "broken.png")])
    finished(verify_page, 2)
    verify_page.get_by_role("button", name="bare.png").click()
    held = held_from(verify_page, "compare_seeds", '"seed":8')
    for seed, outcome in (("8", "FAIL"), ("9", "PASS (exact)")):
        verify_page.locator(".ask-seed").fill(seed)
        verify_page.get_by_role("button", name="Check", exact=True).click()
        expect(verify_page.locator(".verdict .outcome")).to_have_text(outcome)
        wait_for_held(verify_page, held, 2)  # for the table, and for what is shown in full
    for route in held:
        response = route.fetch()
        route.fulfill(response=response, body=re.sub(r'"score":[^,]*', '"score":99.0', response.text()))
    finished(verify_page, 2)
    files = json.loads(saved(verify_page, ".batch-json"))["files"]
    (comparison,) = [one["verdict"]["comparison"] for one in files if one["file"] == "bare.png"]
    assert comparison["score"] < 99


def test_a_file_opened_while_other_seeds_are_drawn_for_another_does_not_wait_for_them(
    verify_page: Page, mails: Path
) -> None:
    verify_page.locator(".file").set_input_files([str(mails / "0.png"), str(mails / "1.png")])
    finished(verify_page, 2)
    verify_page.get_by_role("button", name="0.png").click()
    held = held_from(verify_page, "compare_seeds")
    verify_page.locator(".others-anew").click()
    expect(verify_page.locator(".others-line")).to_contain_text("Drawing")
    wait_for_held(verify_page, held, 1)
    verify_page.get_by_role("button", name="1.png").click()
    expect(verify_page.locator(".verdict .facts")).to_contain_text("1.png")
    expect(verify_page.locator(".others-line")).to_be_hidden()
    expect(verify_page.locator(".others-anew")).to_be_enabled()
    held[0].continue_()


def test_a_lost_connection_halts_the_table_and_loses_nothing(address: str, open_page: Open, mails: Path) -> None:
    page = opened(open_page, address, quiet=False)
    page.route(SERVER, lambda route: route.abort())
    page.locator(".folder").set_input_files(str(mails))
    expect(page.locator(".batch-go")).to_be_visible(timeout=SLOW_ENOUGH)
    page.unroute(SERVER)
    page.locator(".batch-go").click()
    finished(page, 10)


def test_what_holds_no_picture_and_too_many_files_are_one_sentence(verify_page: Page, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("hello")
    verify_page.locator(".folder").set_input_files(str(tmp_path / "empty"))
    expect(verify_page.locator(".verify .status")).to_contain_text("There is no picture in what was given")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(501):
            archive.writestr(f"{number}.png", b"x")
    verify_page.locator(".file").set_input_files({"name": "a.zip", "mimeType": "", "buffer": buffer.getvalue()})
    expect(verify_page.locator(".verify .status")).to_contain_text("501 files; up to 500")


def test_on_a_phone_the_table_is_cards_and_in_japanese(address: str, open_page: Open, mails: Path) -> None:
    page = opened(open_page, address, locale="ja-JP", **PHONE)
    page.locator(".file").set_input_files(files_in(mails))
    finished(page, 8)
    expect(page.locator(".batch-table thead")).to_be_hidden()
    expect(rows(page).first).to_contain_text("不合格")
    assert too_wide(page) == []
    assert findings(page) == []


def test_two_other_seeds_stand_beside_a_verdict_and_can_be_drawn_anew(
    verify_page: Page, checkpoints: Path, mails: Path
) -> None:
    drop(verify_page, (mails / "0.png").read_bytes())
    captions = verify_page.locator(".other-tiles figcaption")
    expect(captions).to_have_count(2)
    before = captions.all_inner_texts()
    expect(verify_page.locator(".others-facts")).to_contain_text("(a warning above 15)")
    expect(verify_page.locator(".verdict .facts")).to_contain_text("the organiser's")
    verify_page.locator(".others-anew").click()
    expect(captions.first).not_to_have_text(before[0])
    assert not set(captions.all_inner_texts()) & set(before)
    seed = int(captions.first.inner_text().removeprefix("Seed "))
    verify_page.locator(".other-tiles button").first.click()
    verify_page.wait_for_function("(seed) => window.ganRace.seed.seed === seed", arg=seed)
