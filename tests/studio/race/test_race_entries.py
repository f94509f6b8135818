"""Who may enter a race: mails as they come, rules that a machine checks, and second tiles that unmask."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.checkpoints.catalog import Catalog
from studio.race import anonymous_pictures, phases
from studio.race.entry_admission import ABOUT_LETTERS, NAME_LETTERS, Application
from studio.race.messages import RaceError
from studio.race.service import RaceService
from studio.race.store.entries import RaceEntry, Refusal
from studio.race.tile_file import export_png
from tests.race_cheats import ignoring_its_latents, knowing_classes_only, weights_changed, with_manifest
from tests.races import Evening, declare, enter
from training.core import checkpoint
from training.core.tile import seed_tile

Maker = Callable[..., Path]


def mail(folder: Path, make_vivid: Maker, seed: int = 7, **about: Any) -> Path:
    """Write an entrant's part: a checkpoint and the tile of a seed."""
    run = declare(make_vivid(folder / "run"), **about)
    (folder / "tile.png").write_bytes(export_png(checkpoint.load(run), seed))
    return folder


def only(evening: Evening, mails: Path) -> RaceEntry | Refusal:
    (result,) = enter(evening, mails).values()
    return result


def refusal(evening: Evening, mails: Path) -> str:
    result = only(evening, mails)
    assert isinstance(result, Refusal)
    assert evening.organiser.overview().refusals == (result,)
    assert evening.organiser.overview().entries == ()
    return result.sentence()


# what a folder of mails may hold


def test_a_folder_with_checkpoint_and_tile_enters_with_all_that_is_declared(entered: Evening) -> None:
    found = {one.name: one for one in entered.organiser.overview().entries}
    assert list(found) == ["Anna", "Ben", "Chie", "Dai", "Eva", "Finn"]
    chie = found["Chie"]
    assert (chie.seed, chie.psi, chie.seeds_looked_at, chie.hours) == (12, 1.0, 3, 1.0)
    assert (chie.pretrained, chie.recipe, chie.excluded) == (None, "a small one", None)


def test_a_zip_and_a_picture_of_a_known_checkpoint_enter(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    mails.mkdir()
    with zipfile.ZipFile(mails / "Anna.zip", "w") as archive:
        for path in sorted((entrants / "Anna").rglob("*.*")):
            archive.write(path, path.relative_to(entrants))
    shutil.copy(entrants / "Ben" / "tile.png", mails / "Ben.png")
    source = Catalog(entrants / "Ben")
    results = evening.organiser.enter_mails(mails, source)
    assert [(type(one), one.name) for one in results] == [(RaceEntry, "Anna"), (RaceEntry, "Ben")]
    shutil.rmtree(mails)
    evening.open(2)
    assert len(evening.service.status()["tiles"]) == 2


def test_what_systems_leave_beside_and_in_mails_is_no_mail(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    shutil.copytree(entrants / "Anna", mails / "Anna")
    for folder in (mails, mails / "Anna"):
        for name in ("@eaDir", "System Volume Information", "lost+found", "$RECYCLE.BIN"):
            shutil.copytree(entrants / "Ben", folder / name)
        shutil.copy(entrants / "Ben" / "tile.png", folder / "~$tile.png")
        shutil.copy(entrants / "Ben" / "tile.png", folder / "._tile.png")
    results = evening.organiser.enter_mails(mails, Catalog(entrants / "Anna"))
    assert [(type(one), one.name) for one in results] == [(RaceEntry, "Anna")]


def test_entry_toml_names_checkpoint_and_seed_in_the_place_of_a_picture(
    evening: Evening, entrants: Path, tmp_path: Path
) -> None:
    shutil.copytree(entrants / "Anna" / "run", tmp_path / "mails" / "x" / "run")
    text = 'name = "花子 & Co"\nabout = "# Hi\\n<b>x</b>"\nseed = 3\npsi = 0.5\nseeds_looked_at = 9\n'
    (tmp_path / "mails" / "x" / "entry.toml").write_text(text, encoding="utf-8")
    found = only(evening, tmp_path / "mails")
    assert isinstance(found, RaceEntry)
    assert (found.name, found.about, found.seed, found.psi) == ("花子 & Co", "# Hi\n<b>x</b>", 3, 0.5)
    assert (found.seeds_looked_at, found.checkpoint_sha256) == (9, checkpoint.load(entrants / "Anna" / "run").sha256)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed = 11", "The seed in entry.toml is 11, that of the tile is 10."),
        ('checkpoint = "00000000"', "The checkpoint in entry.toml is 00000000, that of the tile is "),
        ("psi = 0.5", "The psi in entry.toml is 0.5, that of the tile is 1.0."),
        ("sed = 1", "entry.toml cannot be read: 'sed' is none of name, about,"),
        ("seed = true", "entry.toml cannot be read: seed is True, which is of the wrong kind."),
        ("name = ", "entry.toml cannot be read: "),
        ("#" * 70_000, "entry.toml cannot be read: it has more than 65536 bytes."),
        (f'name = "{"x" * 41}"', "An entry's name has 1 to 40 visible letters."),
        ('name = "\\u200b \\n"', "An entry's name has 1 to 40 visible letters."),
        ('name = "\\u3164 \\uffa0"', "An entry's name has 1 to 40 visible letters."),
    ],
)
def test_an_entry_toml_that_is_wrong_is_told(
    text: str, reason: str, evening: Evening, entrants: Path, tmp_path: Path
) -> None:
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    (tmp_path / "mails" / "Anna" / "entry.toml").write_text(text)
    assert refusal(evening, tmp_path / "mails").startswith(reason)


def test_nothing_several_tiles_and_a_bad_zip_are_refused(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    mails = tmp_path / "mails"
    (mails / "empty").mkdir(parents=True)
    (mails / "bad.zip").write_bytes(b"no zip")
    shutil.copytree(entrants / "Anna", mails / "two")
    shutil.copy(entrants / "Ben" / "tile.png", mails / "two" / "other.png")
    said = {name: one.sentence() for name, one in enter(evening, mails).items() if isinstance(one, Refusal)}
    assert said["empty"].startswith("There is no tile: an exported PNG, or entry.toml")
    assert said["bad"] == "The zip cannot be read: The zip is damaged or no zip."
    assert said["two"].startswith("There are 2 pictures, ")


def test_other_pictures_beside_the_exported_one_do_not_matter(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    Image.new("RGB", (9, 9)).save(tmp_path / "mails" / "Anna" / "holiday.jpg")
    assert isinstance(only(evening, tmp_path / "mails"), RaceEntry)


@pytest.mark.parametrize(("make", "reason"), [(False, "There is no folder"), (True, "holds no mail")])
def test_a_folder_without_mails_is_told(make: bool, reason: str, evening: Evening, tmp_path: Path) -> None:
    if make:
        (tmp_path / "mails").mkdir()
    with pytest.raises((ValueError, OSError), match=reason):
        enter(evening, tmp_path / "mails")


# entering again


def test_the_same_folder_again_changes_nothing_and_an_improved_tile_takes_the_place(
    entered: Evening, entrants: Path, tmp_path: Path
) -> None:
    before = entered.organiser.overview().entries
    shutil.copytree(entrants, tmp_path / "mails")
    enter(entered, tmp_path / "mails")
    assert entered.organiser.overview().entries == before
    found = checkpoint.load(entrants / "Anna" / "run")
    (tmp_path / "mails" / "Anna" / "tile.png").write_bytes(export_png(found, 99))
    enter(entered, tmp_path / "mails")
    after = entered.organiser.overview().entries
    assert [one.seed for one in after] == [99, *(one.seed for one in before[1:])]


def test_who_was_refused_and_enters_then_is_refused_no_more(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    (tmp_path / "mails" / "Anna").mkdir(parents=True)
    assert refusal(evening, tmp_path / "mails")
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna", dirs_exist_ok=True)
    assert isinstance(only(evening, tmp_path / "mails"), RaceEntry)
    assert evening.organiser.overview().refusals == ()


def test_the_same_tile_enters_once(entered: Evening, entrants: Path, tmp_path: Path) -> None:
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Thief")
    result = only(entered, tmp_path / "mails")
    assert isinstance(result, Refusal)
    assert result.sentence() == "The same tile is in the race already."


# rules


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"seconds": None}, "The metadata do not say how long it was trained; at most 12 hours are allowed."),
        ({"seconds": 43_561}, "It was trained for 12.1 hours by its metadata; at most 12 are allowed."),
        ({"recipe": {"discriminator": "projected"}}, "Its recipe has a pretrained discriminator that the metadata do"),
    ],
)
def test_training_is_as_long_as_allowed_and_declares_what_is_pretrained(
    about: dict[str, Any], reason: str, evening: Evening, tmp_path: Path, make_vivid: Maker
) -> None:
    mail(tmp_path / "mails" / "Anna", make_vivid, **about)
    assert refusal(evening, tmp_path / "mails").startswith(reason)


def test_just_twelve_hours_and_a_declared_network_are_allowed(
    evening: Evening, tmp_path: Path, make_vivid: Maker
) -> None:
    about = {"seconds": 43_200, "recipe": {"discriminator": "projected"}, "pretrained": "EfficientNet-Lite0"}
    mail(tmp_path / "mails" / "Anna", make_vivid, **about)
    found = only(evening, tmp_path / "mails")
    assert isinstance(found, RaceEntry)
    assert (found.hours, found.pretrained) == (12.0, "EfficientNet-Lite0")


def test_pictures_of_another_size_are_refused_before_they_are_drawn(
    evening: Evening, tmp_path: Path, make_vivid: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = declare(make_vivid(tmp_path / "mails" / "Anna" / "run", side=32))
    (tmp_path / "mails" / "Anna" / "tile.png").write_bytes(export_png(checkpoint.load(run), 1))
    monkeypatch.setattr("studio.race.verification.seed_tile", None)
    assert refusal(evening, tmp_path / "mails") == "Its pictures have 32 pixels a side; those of this race have 16."


def test_a_generator_that_would_take_gigabytes_is_refused_before_it_is_drawn(
    evening: Evening, entrants: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.checkpoints.visitor_checkpoints.MOST_ATTENTION", -1)
    monkeypatch.setattr("studio.race.verification.seed_tile", None)
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    assert "needs too much memory" in refusal(evening, tmp_path / "mails")


# cheats


def test_hand_picked_cells_and_lying_manifests_are_refused(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    path = tmp_path / "mails" / "Anna" / "tile.png"
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    image = Image.open(path)
    image.load()
    pixels, said = np.asarray(image), json.loads(image.text["gan_race"])
    picked = pixels.copy()
    picked[:16, :16] = seed_tile(checkpoint.load(entrants / "Anna" / "run").generator, 3)[:16, :16]
    lies = {
        "1 of 100 pictures differ": (picked, said),
        "All 100 pictures differ": (pixels, {**said, "seed": 11}),
        "pictures differ from seed 10 (psi 0.5)": (pixels, {**said, "psi": 0.5}),
        "The checkpoint " + "0" * 64 + " is not here": (pixels, {**said, "checkpoint_sha256": "0" * 64}),
        "160 x 160": (pixels[:144], said),
    }
    for reason, (tile, manifest) in lies.items():
        path.write_bytes(with_manifest(tile, manifest))
        assert reason in refusal(evening, tmp_path / "mails")


def test_a_lie_that_leads_to_nothing_is_not_believed(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    path = tmp_path / "mails" / "Anna" / "tile.png"
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    image = Image.open(path)
    image.load()
    said = json.loads(image.text["gan_race"])
    lies = {"pixels_sha256": "0" * 64, "seeds_looked_at": -5, "about": "<script>", "hours": 0}
    path.write_bytes(with_manifest(np.asarray(image), {**said, **lies}))
    found = only(evening, tmp_path / "mails")
    assert isinstance(found, RaceEntry)
    assert (found.seed, found.seeds_looked_at, found.hours, found.about) == (10, None, 1.0, "")


def test_a_generator_that_ignores_the_seed_is_excluded_when_the_second_tile_is_drawn(
    entered: Evening, tmp_path: Path, make_vivid: Maker
) -> None:
    run = ignoring_its_latents(declare(make_vivid(tmp_path / "mails" / "Cheat" / "run", seed=9)))
    (run.parent / "tile.png").write_bytes(export_png(checkpoint.load(run), 1))
    assert isinstance(only(entered, tmp_path / "mails"), RaceEntry)
    entered.organiser.close()
    excluded = {one.name: one.excluded for one in entered.organiser.overview().entries if one.excluded}
    assert excluded == {"Cheat": {"code": "entry_ignores_seed"}}


def test_a_lookup_table_of_classes_is_unmasked_by_the_second_tile(
    entered: Evening, tmp_path: Path, make_vivid: Maker
) -> None:
    """Its pictures come from a table that the seed only indexes, so that any other seed shows the same ones."""
    run = knowing_classes_only(declare(make_vivid(tmp_path / "mails" / "Table" / "run", seed=9, classes=5)))
    (run.parent / "tile.png").write_bytes(export_png(checkpoint.load(run), 1))
    assert isinstance(only(entered, tmp_path / "mails"), RaceEntry)
    entered.organiser.close()
    repeated = {one.name: one.repeated_cells for one in entered.organiser.overview().entries}
    assert repeated.pop("Table") == 100
    assert max(count or 0 for count in repeated.values()) < 50


# the second seed and the pictures


def test_the_second_seed_is_drawn_at_the_close_and_is_nobodys(
    entered: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert entered.organiser.folder.state().second_seed is None
    drawn = iter([10, 15, 12, 4711])
    monkeypatch.setattr(anonymous_pictures.secrets, "randbelow", lambda limit: next(drawn))
    assert entered.organiser.close().second_seed == 4711


def test_every_entry_is_drawn_in_one_way_from_checkpoint_seed_and_psi(entered: Evening, entrants: Path) -> None:
    state = entered.organiser.close()
    for entry in entered.organiser.overview().entries:
        generator = checkpoint.load(entrants / entry.name / "run").generator
        for second, seed in ((False, entry.seed), (True, state.second_seed)):
            drawn = np.asarray(Image.open(entered.organiser.folder.drawn(entry.entry_id, second=second)))
            assert np.array_equal(drawn, seed_tile(generator, seed))


def test_what_was_drawn_before_a_kill_is_not_drawn_again(entered: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def interrupted(*arguments: Any) -> np.ndarray:
        drawn.append(arguments[1])
        if len(drawn) == 5:
            raise KeyboardInterrupt
        return seed_tile(*arguments)

    monkeypatch.setattr(anonymous_pictures, "seed_tile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        entered.open(6)
    assert entered.service.status()["phase"] == "CHECK"
    entered.open(6)
    assert len(drawn) == 1 + 12
    assert entered.service.status()["phase"] == "VOTE"


def test_a_generator_that_cannot_be_drawn_any_more_is_excluded_and_the_others_go_on(entered: Evening) -> None:
    entry = entered.organiser.overview().entries[0]
    folder = entered.path / "checkpoints" / entry.checkpoint_sha256
    weights_changed(folder, lambda name, value: value)
    (folder / "model.safetensors").write_bytes(b"x")
    entered.open(6)
    excluded = [one for one in entered.organiser.overview().entries if one.excluded]
    assert [one.name for one in excluded] == ["Anna"]
    assert len(entered.service.status()["tiles"]) == 5


def test_an_entry_can_be_excluded_before_the_vote_and_come_back_by_the_organiser_only(
    entered: Evening, entrants: Path
) -> None:
    entered.organiser.exclude("anna")
    enter(entered, entrants)
    assert entered.service.status()["entries"] == 5
    with pytest.raises(RaceError, match=r"There is no entry Zoe; the entries are: Anna, Ben"):
        entered.organiser.exclude("Zoe")
    entered.organiser.close()
    entered.organiser.include("Anna")
    entered.open(6)
    assert len(entered.service.status()["tiles"]) == 6
    with pytest.raises(RaceError, match='"exclude" is possible in: Entries, Check'):
        entered.organiser.exclude("Anna")


def test_who_was_excluded_cannot_enter_again_on_the_page(evening: Evening, entrants: Path) -> None:
    service = RaceService(evening.path, Catalog(entrants))
    service.enter(application(entrants, "Anna"))
    evening.organiser.exclude("Anna")
    with pytest.raises(RaceError, match=r"The organiser has excluded it\."):
        service.enter(application(entrants, "Ben", name="Anna"))
    assert service.status()["entries"] == 0


def test_weights_as_last_trained_enter_as_such(evening: Evening, entrants: Path, tmp_path: Path) -> None:
    shutil.copytree(entrants / "Anna", tmp_path / "mails" / "Anna")
    run = tmp_path / "mails" / "Anna" / "run"
    shutil.copy(entrants / "Ben" / "run" / "model.safetensors", run / "raw.safetensors")
    raw = checkpoint.load(run, "raw.safetensors")
    (run.parent / "tile.png").write_bytes(export_png(raw, 5))
    found = only(evening, tmp_path / "mails")
    assert isinstance(found, RaceEntry)
    assert (found.checkpoint_sha256, found.weights) == (raw.sha256, "raw")
    shutil.rmtree(tmp_path / "mails")
    state = evening.organiser.close()
    drawn = np.asarray(Image.open(evening.organiser.folder.drawn(found.entry_id)))
    assert np.array_equal(drawn, seed_tile(raw.generator, 5))
    assert state.phase == "CHECK"


# entering on the page


def application(entrants: Path, whose: str, **values: Any) -> Application:
    tile = (entrants / whose / "tile.png").read_bytes()
    return replace(Application(name=whose, tile=tile, owner="a" * 16), **values)


def test_a_visitor_enters_and_nobody_else_takes_the_name(evening: Evening, entrants: Path) -> None:
    service = RaceService(evening.path, Catalog(entrants))
    assert service.enter(application(entrants, "Anna", about="x" * 3000)).about == "x" * ABOUT_LETTERS
    with pytest.raises(RaceError, match="Somebody else has entered under the name ANNA"):
        service.enter(application(entrants, "Ben", name="ANNA", owner="b" * 16))
    assert service.enter(application(entrants, "Ben", name="Anna")).seed == 11
    assert service.status()["entries"] == 1
    with pytest.raises(RaceError, match="The field owner"):
        service.enter(application(entrants, "Chie", owner=""))
    with pytest.raises(RaceError, match="visible letters"):
        service.enter(application(entrants, "Chie", name="x" * (NAME_LETTERS + 1)))


def test_nobody_enters_while_it_is_paused_closed_or_full(
    evening: Evening, entrants: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = RaceService(evening.path, Catalog(entrants))
    evening.organiser.pause()
    with pytest.raises(RaceError, match="paused"):
        service.enter(application(entrants, "Anna"))
    evening.organiser.resume()
    service.enter(application(entrants, "Anna"))
    service.enter(application(entrants, "Ben"))
    monkeypatch.setattr(phases, "MOST_ENTRIES", 2)
    with pytest.raises(RaceError, match="The race has 2 entries"):
        service.enter(application(entrants, "Chie"))
    evening.organiser.close()
    with pytest.raises(RaceError, match=r"Entries are closed\."):
        service.enter(application(entrants, "Anna"))


def test_seed_and_checkpoint_alone_are_drawn_to_be_known(evening: Evening, entrants: Path) -> None:
    service = RaceService(evening.path, Catalog(entrants))
    sha256 = checkpoint.load(entrants / "Anna" / "run").sha256
    claim = Application(name="Anna", checkpoint=sha256, seed=5, owner="a" * 16)
    assert service.enter(claim).drawn_from == (sha256, 5, 1.0)
    for wrong, reason in (
        ({"seed": -1}, "The seed -1 is not"),
        ({"psi": 2.0}, "The psi 2.0 is not a number from 0 to 1."),
        ({"checkpoint": "0" * 64}, "Its checkpoint cannot be used: No checkpoint here has the hash 00000000."),
        ({"seed": None}, "There is no tile"),
    ):
        with pytest.raises(RaceError, match=reason.replace(".", r"\.")):
            service.enter(replace(claim, **wrong))
