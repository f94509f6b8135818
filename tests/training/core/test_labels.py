from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from training.core.labels import LabelsError, find_labels


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
    assert found.unmatched == ["labels.csv, line 3: 2.jpg", "labels.csv, line 3: 3.jpg"]


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
    assert found.unmatched == []


def test_what_is_written_exactly_goes_before_what_is_alike(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "a.jpg,1", "A.jpg,2", "sub/a.jpg,3", "x.1,5")
    found = find_labels(tmp_path, ["a.jpg", "A.jpg", "sub/a.jpg", "a.JPG", "x.1.png", "x.png"])
    assert found.labels == {"a.jpg": 1, "A.jpg": 2, "sub/a.jpg": 3, "x.1.png": 5}


def test_a_line_of_another_folder_labels_no_picture_of_the_same_name(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "one/1.jpg,4")
    found = find_labels(tmp_path, ["two/1.jpg"])
    assert (found.labels, found.unmatched) == ({}, ["labels.csv, line 2: one/1.jpg"])


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["tulip/1.jpg", "rose/1.jpg", "rose/deep/2.jpg"], [1, 0, 0]),
        (["zip/tulip/1.jpg", "zip/rose/1.jpg"], [1, 0]),
        (["10/a.jpg", "9/a.jpg"], [10, 9]),
        (["train/rose/1.jpg", "test/tulip/1.jpg", "test/rose/3.jpg"], [0, 1, 0]),
        (["train/1.jpg", "val/2.jpg"], []),
        (["jpg/1.jpg", "jpg/2.jpg"], []),
        (["1.jpg", "rose/1.jpg", "tulip/2.jpg"], []),
        ([], []),
    ],
)
def test_a_folder_for_each_class_is_a_label(tmp_path: Path, names: list[str], expected: list[int]) -> None:
    assert list(find_labels(tmp_path, names).labels.values()) == expected


def test_a_table_goes_before_folders(tmp_path: Path) -> None:
    table(tmp_path / "labels.csv", "rose/1.jpg,7", head=" File, Label ")
    assert find_labels(tmp_path, ["rose/1.jpg", "tulip/1.jpg"]).labels == {"rose/1.jpg": 7}


def test_a_damaged_table_is_named_with_its_line(tmp_path: Path) -> None:
    table(tmp_path / "inner" / "labels.csv", "a.jpg,1", "b.jpg,-1")
    with pytest.raises(LabelsError, match=r"inner/labels.csv, line 3: the label '-1'"):
        find_labels(tmp_path, ["inner/a.jpg"])
