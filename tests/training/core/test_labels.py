from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from training.core import labels
from training.core.labels import NO_LABEL, NO_PICTURE, NOT_READ, LabelsError, find_labels


def table(file: Path, *rows: str, head: str = "file,label") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([head, *rows, ""]), encoding="utf-8")


@pytest.mark.parametrize(
    "place", ["labels.csv", "zip/labels.csv", "zip/inner/labels.csv", "../labels.csv", "Labels.CSV"]
)
def test_a_table_is_found_in_the_folder_below_it_and_beside_it(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    table(folder / place, "b.jpg,4")
    assert find_labels(folder, ["zip/inner/a.jpg", "zip/inner/b.jpg"]).labels == {"zip/inner/b.jpg": 4}


@pytest.mark.parametrize("hidden", ["__MACOSX", ".trash"])
def test_a_hidden_table_is_none(tmp_path: Path, hidden: str) -> None:
    table(tmp_path / hidden / "labels.csv", "b.jpg,4")
    assert find_labels(tmp_path, ["b.jpg"]).labels == {}


def test_each_of_several_tables_speaks_of_its_own_folder(tmp_path: Path) -> None:
    table(tmp_path / "one" / "labels.csv", "1.jpg,10", "2.jpg,11")
    table(tmp_path / "two" / "labels.csv", "1.jpg,20", "3.jpg,21")
    found = find_labels(tmp_path, ["one/1.jpg", "two/1.jpg"])
    assert found.labels == {"one/1.jpg": 10, "two/1.jpg": 20}
    assert found.lost == [(NO_PICTURE, "one/labels.csv, line 3: 2.jpg"), (NO_PICTURE, "two/labels.csv, line 3: 3.jpg")]


@pytest.mark.parametrize(
    "written",
    [
        *("roses/Rosé 1.JPG", "ROSES/rosé 1.jpg", "./roses/Rosé 1.JPG", "roses\\Rosé 1.JPG", ".\\Roses\\rosé 1.jpg"),
        *("Rosé 1.JPG", "rosé 1", "roses/Rosé 1", "  Rosé 1.jpg ", unicodedata.normalize("NFD", "Rosé 1.JPG")),
        "pictures/roses/Rosé 1.jpg",
    ],
)
def test_a_name_may_be_written_as_another_system_writes_it(tmp_path: Path, written: str) -> None:
    (tmp_path / "pictures").mkdir()
    table(tmp_path / "labels.csv", f"{written},8")
    found = find_labels(tmp_path / "pictures", ["roses/Rosé 1.JPG", "roses/Rosé 2.JPG"])
    assert found.labels == {"roses/Rosé 1.JPG": 8}
    assert found.lost == []


def test_what_is_written_exactly_goes_before_what_is_alike(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "a.jpg,1", "A.jpg,2", "sub/a.jpg,3", "x.1,5")
    found = find_labels(tmp_path, ["a.jpg", "A.jpg", "sub/a.jpg", "a.JPG", "x.1.png", "x.png"])
    assert found.labels == {"a.jpg": 1, "A.jpg": 2, "sub/a.jpg": 3, "x.1.png": 5}


def test_a_line_of_another_folder_labels_no_picture_of_the_same_name(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "one/1.jpg,4")
    found = find_labels(tmp_path, ["two/1.jpg"])
    assert (found.labels, found.lost) == ({}, [(NO_PICTURE, "labels.csv, line 2: one/1.jpg")])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["tulip/1.jpg", "rose/1.jpg", "rose/deep/2.jpg"], [1, 0, 0]),
        (["zip/tulip/1.jpg", "zip/rose/1.jpg"], [1, 0]),
        (["10/a.jpg", "9/a.jpg"], [10, 9]),
        (["train/rose/1.jpg", "test/tulip/1.jpg", "test/rose/3.jpg"], [0, 1, 0]),
        (["train/1.jpg", "val/2.jpg"], []),
        (["jpg/1.jpg", "jpg/2.jpg"], []),
        (["rose/1.jpg", "tulip/1.jpg", "0.jpg"], [0, 1]),
        (["1/a.jpg", "01/a.jpg"], [1, 0]),
        ([], []),
    ],
)
def test_a_folder_for_each_class_is_a_label(tmp_path: Path, names: list[str], expected: list[int]) -> None:
    assert list(find_labels(tmp_path, names).labels.values()) == expected


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("a.jpg,1", "b.jpg,5", "a.jpg,2"), "a.jpg: labels.csv, line 2 says 1, labels.csv, line 4 says 2"),
        (("./a.jpg,1", "a.jpg,1", "a.jpg,3"), "a.jpg: labels.csv, line 2 says 1, labels.csv, line 4 says 3"),
        ((".\\a.jpg,4", "b.jpg,5", "a.jpg,2"), "a.jpg: labels.csv, line 2 says 4, labels.csv, line 4 says 2"),
        (("A.JPG,1", "b.jpg,5", "a.Jpg,2"), "a.jpg: labels.csv, line 2 says 1, labels.csv, line 4 says 2"),
    ],
)
def test_a_picture_of_which_lines_say_different_things_has_no_label_and_is_named(
    tmp_path: Path, rows: tuple[str, ...], said: str
) -> None:
    table(tmp_path / "labels.csv", *rows)
    found = find_labels(tmp_path, ["a.jpg", "b.jpg"])
    assert found.labels == ({"b.jpg": 5} if "b.jpg,5" in rows else {})
    assert [what for kind, what in found.lost if kind == NO_LABEL] == [said]


def test_a_line_that_says_the_same_again_is_no_loss_and_one_of_another_case_is_named(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "a.jpg,1", "a.jpg,1", "./A.jpg,1", "A.jpg,2")
    found = find_labels(tmp_path, ["a.jpg"])
    assert (found.labels, found.lost) == ({"a.jpg": 1}, [(NO_PICTURE, "labels.csv, line 5: A.jpg")])


def test_two_tables_that_contradict_each_other_are_both_named(tmp_path: Path) -> None:
    table(tmp_path / "one" / "labels.csv", "deep/1.jpg,10", "2.jpg,11")
    table(tmp_path / "one" / "deep" / "labels.csv", "1.jpg,20")
    found = find_labels(tmp_path, ["one/deep/1.jpg", "one/2.jpg"])
    assert found.labels == {"one/2.jpg": 11}
    assert found.lost == [
        (NO_LABEL, "one/deep/1.jpg: one/deep/labels.csv, line 2 says 20, one/labels.csv, line 2 says 10")
    ]


@pytest.mark.parametrize(
    ("places", "read", "passed_over"),
    [
        (["labels.csv", "Labels.CSV"], "labels.csv", ["Labels.CSV"]),
        (["labels.csv", "inner/labels.csv", "../labels.csv"], "labels.csv", ["inner/labels.csv", "../labels.csv"]),
        (["inner/labels.csv", "../labels.csv"], "inner/labels.csv", ["../labels.csv"]),
        (["../LABELS.csv", "../labels.csv"], "../labels.csv", ["../LABELS.csv"]),
    ],
)
def test_one_table_is_read_whatever_a_system_lists_first_and_the_others_are_named(
    tmp_path: Path, places: list[str], read: str, passed_over: list[str]
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for place in places:
        table(folder / place, f"inner/a.jpg,{7 if place == read else 1}", "a.jpg,7" if place == read else "b.jpg,1")
    found = find_labels(folder, ["inner/a.jpg", "inner/b.jpg"])
    assert found.labels == {"inner/a.jpg": 7}
    said = [what for kind, what in found.lost if kind == NOT_READ]
    assert said == [f"{place}, since there is {read}" for place in passed_over]


@pytest.mark.parametrize("prefix", ["", "zip/", "train/"])
def test_pictures_beside_the_folders_of_the_classes_are_named_and_the_others_keep_their_labels(
    tmp_path: Path, prefix: str
) -> None:
    inside = [f"{prefix}{name}" for name in ("rose/1.jpg", "rose/2.jpg", "tulip/1.jpg")]
    found = find_labels(tmp_path, [f"{prefix}z.jpg", *inside, "a.jpg"])
    assert found.labels == dict(zip(inside, (0, 0, 1), strict=True))
    strays = sorted(["a.jpg", f"{prefix}z.jpg"])
    assert found.lost == [(NO_LABEL, f"{name}: it lies beside the folders of the classes") for name in strays]


def test_folders_that_hold_the_smaller_part_of_the_pictures_are_no_classes_and_are_named(tmp_path: Path) -> None:
    found = find_labels(tmp_path, ["1.jpg", "2.jpg", "old/3.jpg", "new/4.jpg"])
    assert found.labels == {}
    assert found.lost == [(NOT_READ, "folders such as new, old, since most pictures lie in none of them")]


def test_more_folders_than_labels_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "MAX_LABEL", 1)
    with pytest.raises(LabelsError, match="There are 3 folders of classes; at most 2 are read"):
        find_labels(tmp_path, ["a/1.jpg", "b/1.jpg", "c/1.jpg"])


def test_a_table_goes_before_folders(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "rose/1.jpg,7", head=" File, Label ")
    assert find_labels(tmp_path, ["rose/1.jpg", "tulip/1.jpg"]).labels == {"rose/1.jpg": 7}


def test_a_damaged_table_is_named_with_its_line(tmp_path: Path) -> None:
    table(tmp_path / "inner" / "labels.csv", "a.jpg,1", "b.jpg,-1")
    with pytest.raises(LabelsError, match=r"inner/labels.csv, line 3: the label '-1'"):
        find_labels(tmp_path, ["inner/a.jpg"])
