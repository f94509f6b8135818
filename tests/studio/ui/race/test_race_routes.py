"""The addresses of a race's pictures while its folder is away: whoever waits for it keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from studio.race.service import RaceService
from studio.ui.race import routes
from studio.ui.race.race_status import PICTURE_KEY
from tests.loops import run_to_its_end
from tests.races import Evening


class SlowRace(RaceService):
    """A race whose pictures take until its folder is back."""

    back = threading.Event()

    def picture(self, tile: object, kind: object) -> tuple[bytes, str]:
        if tile != "A2":
            self.back.wait(60)
        return b"picture", "image/jpeg"


def test_pictures_of_a_folder_that_is_away_hold_no_thread_of_the_page(
    entered_once: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = SlowRace(entered_once.path, patience=1.0)
    key = "0" * PICTURE_KEY
    state = replace(race.folder.state(), commitment=key)
    monkeypatch.setattr(race.folder, "state", lambda: state)
    app: Any = Starlette(routes=routes.race_routes(race))
    app.auth_dependency, app.auth, app.cookie_id, app.tokens = None, None, "x", {}

    async def look() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://race.example") as client:
            assert (await client.get(f"/race/tiles/{key}/A2/small")).status_code == 200
            paths = [f"/race/tiles/{key}/C{number}/small" for number in range(2 * routes.READERS)]
            waiting = [asyncio.create_task(client.get(path)) for path in paths]
            await asyncio.sleep(0.2)
            try:
                async with asyncio.timeout(20):
                    assert await asyncio.to_thread(threading.active_count) > routes.READERS
                    assert (await client.get(f"/race/tiles/{key}/A2/small")).content == b"picture"
                assert not any(one.done() for one in waiting)
            finally:
                race.back.set()
            assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}

    run_to_its_end(look())
