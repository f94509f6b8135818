"""Attacks by what the functions of the page are asked."""

from __future__ import annotations

import base64
import json
import socket
import uuid
from typing import Any

import httpx

from tests.attacks.attack_list import attack
from tests.attacks.running_studio import SERVER, RunningStudio

REFUSED = ("error_request", "error_seed", "error_psi")
SCRIPTS = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "{{7*7}}${7*7}")


def secret() -> str:
    return str(uuid.uuid4())


def star(studio: RunningStudio, owner: str, *rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return studio.ask("favourites.share", secret=owner, address="http://x/", favourites=list(rows), **more)


def row(studio: RunningStudio, seed: int = 1, **changes: Any) -> dict[str, Any]:
    return {"sha256": studio.sha256, "seed": seed, "psi": 1.0, "note": "", "name": "one", "added": 1.0, **changes}


@attack("messages", "seeds that are none", "error_seed or error_request")
def bad_seeds(studio: RunningStudio) -> None:
    for seed in (-1, 2**32, 2**64, 1.5, "1", True, None, [1], {"a": 1}, float("nan"), float("inf"), -float("inf")):
        assert studio.code("explore.show", **studio.tile(seed=seed)) in REFUSED, seed


@attack("messages", "a seed and a psi of ten thousand digits", "refused without an internal error")
def huge_numbers(studio: RunningStudio) -> None:
    for name in ("seed", "psi"):
        text = json.dumps(studio.body("explore", "show", studio.tile(**{name: 0})))
        for digits in (400, 5000, 60_000):
            body = text.replace(f'"{name}": 0', f'"{name}": 1{"0" * digits}')
            answer = httpx.post(f"{studio.address}{SERVER}", content=body, headers={"content-type": "application/json"})
            found = answer.json() if answer.status_code == 200 else {"error": {"code": REFUSED[0]}}
            assert answer.status_code in (200, 400), f"{name} {digits}"
            assert found["error"]["code"] in REFUSED, f"{name} {digits}"


@attack("messages", "a psi that is no number from 0 to 1", "error_psi or error_request")
def bad_psi(studio: RunningStudio) -> None:
    for psi in (-0.1, 1.0001, float("nan"), float("inf"), 1e308, "0.5", True, None, []):
        assert studio.code("explore.show", **studio.tile(psi=psi)) in REFUSED, psi


@attack("messages", "functions that are none, and Python's own", "4xx in a line")
def bad_functions(studio: RunningStudio) -> None:
    for name in ("__class__", "__init__", "launch", "eval", "", "show\n", "../show", None, 7, ["show"], "x" * 10_000):
        asked = {**studio.body("explore", "show", studio.tile()), "fn_name": name}
        answer = httpx.post(f"{studio.address}{SERVER}", json=asked)
        assert 400 <= answer.status_code < 500, name
        assert len(answer.text) < 200, name


@attack("messages", "components and sessions that are none", "4xx in a line")
def bad_components(studio: RunningStudio) -> None:
    good = studio.body("explore", "show", studio.tile())
    for change in ({"component_id": one} for one in (-1, 10**9, "x", None, [1], 1e300)):
        assert 400 <= httpx.post(f"{studio.address}{SERVER}", json={**good, **change}).status_code < 500, change
    for change in ({"session_hash": one} for one in (None, 5, {}, [], True)):
        assert 400 <= httpx.post(f"{studio.address}{SERVER}", json={**good, **change}).status_code < 500, change


@attack("messages", "a path in the place of a checkpoint's hash", "refused, nothing opened")
def paths_for_hashes(studio: RunningStudio) -> None:
    for name in (
        "../../etc/passwd",
        "/etc/passwd",
        "one",
        "..",
        "",
        "hf://owner/name",
        "file:///etc/passwd",
        "a" * 65,
        "*",
    ):
        for function in ("explore.show", "export.export_tile", "seeds.see_seed"):
            data = studio.tile(sha256=name)
            if function.startswith("export"):
                del data["visitor"]
            assert studio.code(function, **data) in (*REFUSED, "error_unknown_checkpoint"), name


@attack("messages", "fields that are not asked for, also by the thousand", "error_request")
def extra_fields(studio: RunningStudio) -> None:
    for extra in ("__proto__", "constructor", "__class__", "priority", "client", "\u202e"):
        assert studio.code("explore.show", **studio.tile(), **{extra: 1}) == "error_request", extra
    many = {f"field{number}": number for number in range(50_000)}
    assert studio.code("explore.show", **studio.tile(), **many) == "error_request"


@attack(
    "messages", "half characters, direction marks and controls in a note", "cleaned; the shared list stays readable"
)
def hostile_notes(studio: RunningStudio) -> None:
    owner = secret()
    for note in ("\ud800", "a\u202eb", "\x00\x1b[31m", "\u2066x", "e\u0301" * 30, "\U0001f468\u200d\U0001f469"):
        assert "error" not in star(studio, owner, row(studio, 5, note=note)), repr(note)
    shared = star(studio, secret())["shared"]
    text = json.dumps(shared, ensure_ascii=False)
    text.encode()
    assert not {"\u202e", "\u2066", "\x00", "\x1b"} & set(text)
    star(studio, owner)


@attack("messages", "scripts in notes and names", "kept as text of JSON, never as HTML")
def scripts(studio: RunningStudio) -> None:
    owner = secret()
    star(studio, owner, *(row(studio, number, note=text[:60], name=text[:60]) for number, text in enumerate(SCRIPTS)))
    answer = httpx.post(
        f"{studio.address}{SERVER}",
        json=studio.body("favourites", "share", {"secret": secret(), "address": "http://x/", "favourites": []}),
    )
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "alert(1)" not in httpx.get(f"{studio.address}/").text
    star(studio, owner)


@attack("messages", "a script in the link of the QR code", "an SVG without a script, or error_link")
def scripts_in_links(studio: RunningStudio) -> None:
    for link in (
        *SCRIPTS,
        "file:///etc/passwd",
        "data:text/html,x",
        "https://x.gradio.live/?a=<script>alert(1)</script>",
        "http://" + "a" * 10_000,
    ):
        answer = studio.ask("header.link_code", link=link)
        if "error" not in answer:
            assert link.startswith("http"), link
            assert b"<script" not in base64.b64decode(answer["svg"])


@attack("messages", "addresses in every text (SSRF)", "nothing is fetched")
def fetched(studio: RunningStudio) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.settimeout(1.5)
        address = f"http://127.0.0.1:{trap.getsockname()[1]}/"
        studio.ask("header.link_code", link=address)
        owner = secret()
        star(studio, owner, row(studio, 1, note=address, name=address))
        studio.ask("favourites.share", secret=owner, address=address, favourites=[])
        studio.ask("explore.show", **studio.tile(sha256=address))
        studio.ask("compare.compare_tiles", checkpoints=[address, f"hf://{address}"], seed=0, psi=1.0, visitor="v")
        try:
            trap.accept()
        except TimeoutError:
            return
    raise AssertionError("the program has opened an address that a visitor gave")


@attack("messages", "lines of the log in every text (log injection)", "no line of the attacker's")
def forged_log(studio: RunningStudio) -> None:
    forged = "x\nERROR forged by a visitor\r\n\x1b[2J"
    studio.ask("explore.show", **studio.tile(visitor=forged))
    studio.ask("explore.show", **studio.tile(sha256=forged))
    star(studio, secret(), row(studio, 1, note=forged[:60]))
    httpx.post(f"{studio.address}{SERVER}", json={**studio.body("explore", forged, {}), "session_hash": forged})
    httpx.get(f"{studio.address}/%0aERROR%20forged%20by%20a%20visitor", headers={"user-agent": "forged by"})
    assert "\nERROR forged" not in studio.log()
    assert "\x1b" not in studio.log()


@attack("messages", "one visitor's three hundred favourites against all others'", "a place is left for others")
def full_shared_favourites(studio: RunningStudio) -> None:
    owner, other = secret(), secret()
    star(studio, other, row(studio, 7, note="of another"))
    star(studio, owner, *(row(studio, 10_000 + number) for number in range(300)))
    shared = star(studio, other, row(studio, 7, note="of another"))["shared"]
    assert any(one["seed"] == 7 and one["own"] for one in shared)
    for one in (owner, other):
        star(studio, one)


@attack("messages", "another's stars and checkpoints taken away", "only the owner can")
def foreign_owner(studio: RunningStudio) -> None:
    owner = secret()
    star(studio, owner, row(studio, 77))
    star(studio, secret())
    assert any(one["seed"] == 77 for one in star(studio, secret())["shared"])
    assert studio.code("checkpoints.remove", sha256=studio.sha256, secret=secret()) is not None
    assert studio.ask("checkpoints.list_checkpoints", secret=None, steps=False)["list"]["checkpoints"]
    star(studio, owner)


@attack("messages", "films of any length, side and rate", "error_request")
def film_bombs(studio: RunningStudio) -> None:
    where = {"kind": "walk", "seeds": [1, 2], "position": 0, "closed": False, "way": "slerp"}
    changes = {"method": "sefa", "amounts": [], "mix_seed": None, "mix_from": 0, "psi": 1.0}
    good = {"kind": "gif", "rate": 12, "seconds": 1, "side": 320, "pictures": 4}
    for bad in (
        {"seconds": 10**9},
        {"side": 10**6},
        {"rate": 0},
        {"rate": 10**6},
        {"pictures": 10**6},
        {"kind": "../x"},
    ):
        data = {"sha256": studio.sha256, "where": where, **changes, **good, **bad}
        assert studio.code("morph.start_film", **data) in REFUSED, bad
    for seeds in ([1] * 9 * 10**4, [], [-1, 2], ["1", 2]):
        data = {"sha256": studio.sha256, "where": {**where, "seeds": seeds}, **changes, **good}
        assert studio.code("morph.start_film", **data) in REFUSED, len(seeds)


@attack("messages", "rankings, sheets and matrices without bounds", "error_request")
def unbounded_lists(studio: RunningStudio) -> None:
    tile = {"sha256": studio.sha256, "psi": 1.0}
    ranking = {**tile, "seed": 1, "count": 10**9, "others": [], "by_network": False, "visitor": "v"}
    assert studio.code("seeds.rank_seeds", **ranking) in REFUSED
    assert studio.code("seeds.decide", **tile, seeds=list(range(9 * 10**4)), decisions=[]) in REFUSED
    assert studio.code("seeds.look", **tile, seed=1, visitor="v", side=10**6, worker=0) in REFUSED
    assert (
        studio.code("compare.compare_tiles", checkpoints=[studio.sha256] * 1000, seed=0, psi=1.0, visitor="v")
        in REFUSED
    )


@attack("messages", "words for uploads and films that are paths", "error, no file of that name")
def tokens(studio: RunningStudio) -> None:
    for token in ("../../escaped", "/tmp/escaped", "..", "a/b", "\x00", "x" * 10_000):
        assert studio.send_piece(token, 0, b"x") is not None, token
        assert not studio.ask("morph.look_at_film", film=token).keys() - {"error", "stopped"}, token
    assert not list(studio.folder.rglob("escaped*"))


@attack("messages", "an upload of more bytes than it said, out of order, or without end", "a refusal, no file is left")
def lying_uploads(studio: RunningStudio) -> None:
    with studio.visitor() as client:
        begin = {"config": "{}", "name": "x", "secret": secret()}
        for size in (2**40, 0, 64 * 2**20 + 1):
            assert studio.code("checkpoints.add_begin", client, size=size, **begin) == "error_add_size", size
        assert studio.code("checkpoints.add_begin", client, size=-1, **begin) in REFUSED
        for offset in (0, 5):
            token = studio.ask("checkpoints.add_begin", client, size=10, **begin)["upload"]
            for _ in range(2):
                assert studio.send_piece(token, offset, b"x" * 20, client) in ("error_add_lost", "error_add_weights")
            studio.ask("checkpoints.add_stop", client, upload=token)
    assert not list((studio.folder / "state").rglob(".uploads/*"))


@attack("messages", "a name of an added checkpoint with line breaks, paths and directions", "an error, or a clean name")
def upload_names(studio: RunningStudio) -> None:
    with studio.visitor() as client:
        name = "../../x\r\nSet-Cookie: a=b\u202e<script>"
        answer = studio.ask("checkpoints.add_begin", client, size=10, config="{}", name=name, secret=secret())
        assert "\r" not in json.dumps(answer)
        assert studio.send_piece(answer["upload"], 0, b"0123456789", client) == "error_add_weights"
    assert not list(studio.folder.glob("x*"))
