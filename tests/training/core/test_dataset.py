from __future__ import annotations

import os
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from training.core import dataset as data
from training.core.dataset import DataError, open_data, pack

Make = Callable[..., Path]
RED, BLUE = (200, 30, 40), (20, 40, 220)


def plain(mode: str = "RGB", size: tuple[int, int] = (40, 30), color: object = RED) -> Image.Image:
    return Image.new(mode, size, color)  # type: ignore[arg-type]


def first_pixels(folder: Path, tmp_path: Path, size: int = 16) -> np.ndarray:
    images = data.load(pack(folder, tmp_path / "out.safetensors", size).file).images
    return images[0].permute(1, 2, 0).numpy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return tmp_path / "pictures"


def test_images_of_any_depth_are_packed_in_the_order_of_their_names(tmp_path: Path, folder: Path) -> None:
    (folder / "b" / "c").mkdir(parents=True)
    plain(color=BLUE).save(folder / "b" / "c" / "deep.png")
    plain().save(folder / "a.jpg", quality=100)
    (folder / "labels.csv").write_text("file,label\n", encoding="utf-8")
    packed = pack(folder, tmp_path / "out.safetensors", 16)
    images = data.load(packed.file).images
    assert images.shape == (2, 3, 16, 16)
    assert images.dtype == torch.uint8
    assert abs(images[0, :, 8, 8].int() - torch.tensor(RED)).max() <= 3
    assert images[1, :, 8, 8].tolist() == list(BLUE)
    assert (packed.count, packed.left_out, packed.new) == (2, {}, True)


def test_an_image_is_cropped_to_its_centre_and_resized(tmp_path: Path, folder: Path) -> None:
    wide = plain(size=(96, 32), color=RED)
    wide.paste(BLUE, (32, 0, 64, 32))
    wide.save(folder / "wide.png")
    assert (first_pixels(folder, tmp_path) == BLUE).all()


@pytest.mark.parametrize(
    ("name", "image", "expected"),
    [
        ("grey.png", plain("L", color=90), (90, 90, 90)),
        ("sixteen.png", Image.fromarray(np.full((30, 40), 0x8000, np.uint16)), (128, 128, 128)),
        ("cmyk.jpg", plain("CMYK", color=(0, 255, 255, 0)), (254, 0, 0)),
        ("palette.gif", plain("P", color=0), (0, 0, 0)),
        ("transparent.png", plain("RGBA", color=(0, 0, 0, 0)), (255, 255, 255)),
        ("black and white.png", plain("1", color=1), (255, 255, 255)),
        ("bitmap.bmp", plain(), RED),
        ("web.webp", plain(), RED),
        ("tagged.tiff", plain(), RED),
    ],
)
def test_each_kind_of_image_is_read(
    tmp_path: Path, folder: Path, name: str, image: Image.Image, expected: tuple[int, int, int]
) -> None:
    image.save(folder / name)
    assert np.abs(first_pixels(folder, tmp_path).astype(int) - expected).max() <= 3


def test_a_photograph_that_lies_on_its_side_is_turned_upright(tmp_path: Path, folder: Path) -> None:
    image = plain(size=(32, 32))
    image.paste(BLUE, (0, 0, 32, 16))  # blue above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    image.save(folder / "turned.jpg", exif=exif, quality=100)
    pixels = first_pixels(folder, tmp_path)
    assert pixels[8, 13, 2] > 150 > pixels[8, 2, 2]  # blue is on the right now


def test_what_cannot_be_used_is_named_and_left_out(tmp_path: Path, folder: Path) -> None:
    plain().save(folder / "good.png")
    (folder / "empty.png").touch()
    (folder / "text.jpg").write_text("no picture", encoding="utf-8")
    whole = (folder / "good.png").read_bytes()
    Image.effect_noise((64, 64), 90).save(folder / "noise.jpg")
    noise = (folder / "noise.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(noise[: len(noise) // 2])
    (folder / "cut.png").write_bytes(whole[:40])
    plain().save(folder / "moving.gif", save_all=True, append_images=[plain(color=BLUE)])
    Image.fromarray(np.ones((8, 8), np.float32)).save(folder / "floating.tiff")
    packed = pack(folder, tmp_path / "out.safetensors", 16)
    assert packed.count == 2
    assert packed.left_out.keys() == {"empty.png", "text.jpg", "cut.jpg", "cut.png", "moving.gif", "floating.tiff"}
    assert packed.left_out["empty.png"] == "an empty file"
    assert packed.left_out["moving.gif"] == "an animation of 2 pictures"
    assert all(packed.left_out.values())


def test_a_picture_that_is_too_dear_is_left_out_with_the_reason(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain().save(folder / "good.png")
    Image.new("RGB", (400, 300)).save(folder / "large.webp")
    monkeypatch.setattr(data, "MAX_PIXELS", 119_999)
    left_out = pack(folder, tmp_path / "out.safetensors", 16).left_out
    assert left_out == {"large.webp": "The picture has more than 119999 pixels, the most that are read."}


def test_each_kind_of_file_that_is_not_read_is_named_with_its_reason(tmp_path: Path, folder: Path) -> None:
    plain().save(folder / "good.png")
    for inner in ("__MACOSX/zip", ".trash"):
        (folder / inner).mkdir(parents=True)
        plain().save(folder / inner / "a.jpg")
    names = ("IMG_1.HEIC", "IMG_2.HEIC", "b.heic", "download", "c.jpg_large", "more.zip", "notes.txt", "film.MOV")
    for name in (*names, ".DS_Store", "Thumbs.db", "desktop.ini", "._good.png", "__MACOSX/zip/._a.jpg"):
        (folder / name).write_bytes(b"some")
    packed = pack(folder, tmp_path / "out.safetensors", 16)
    assert packed.count == 1
    said = packed.left_out
    assert "convert it to JPEG" in said["3 files *.heic (IMG_1.HEIC, IMG_2.HEIC, ...)"]
    assert "without an ending; rename it" in said["1 file without an ending (download)"]
    assert "rename it to .jpg" in said["1 file *.jpg_large (c.jpg_large)"]
    assert "unpack it" in said["1 file *.zip (more.zip)"]
    assert said["1 file *.txt (notes.txt)"] == "no picture"
    assert "a video" in said["1 file *.mov (film.MOV)"]
    assert "macOS" in said["2 files in __MACOSX (__MACOSX/zip/._a.jpg, __MACOSX/zip/a.jpg)"]
    assert "begins with a dot" in said["1 file with a hidden name (.trash/a.jpg)"]
    assert len(said) == 8
    assert pack(folder, tmp_path / "out.safetensors", 16).left_out == said
    (folder / "d.heic").touch()
    assert any(name.startswith("4 files *.heic") for name in pack(folder, tmp_path / "out.safetensors", 16).left_out)


def test_what_is_no_file_is_named_with_its_reason_and_nothing_waits_for_a_pipe(tmp_path: Path, folder: Path) -> None:
    plain().save(folder / "good.png")
    (tmp_path / "elsewhere").mkdir()
    for name in ("pipe.jpg", "pipe.zip", ".pipe.jpg"):
        os.mkfifo(folder / name)
    for name, target in (("a.jpg", "absent.jpg"), ("Thumbs.db", "absent"), (".b.jpg", "absent.jpg")):
        (folder / name).symlink_to(tmp_path / target)
    (folder / "more").symlink_to(tmp_path / "elsewhere")
    packed = pack(folder, tmp_path / "out.safetensors", 16)
    assert packed.count == 1
    assert packed.left_out == {
        "1 file behind a broken link (a.jpg)": "what the link leads to is missing; copy the picture itself there",
        "1 folder behind a link (more)": "linked folders are not entered; copy it there, or pack the folder itself",
        "2 files of no regular kind (pipe.jpg, pipe.zip)": "a pipe, a socket or a device, which is not opened",
    }


def test_a_file_that_has_become_a_pipe_or_has_gone_since_it_was_listed_is_left_out(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("good.png", "pipe.png", "gone.png"):
        plain().save(folder / name)
    read = data._read_all

    def change(*rest: object) -> object:
        for name in ("pipe.png", "gone.png"):
            (folder / name).unlink()
        os.mkfifo(folder / "pipe.png")
        return read(*rest)  # type: ignore[arg-type]

    monkeypatch.setattr(data, "_read_all", change)
    packed = pack(folder, tmp_path / "out.safetensors", 16)
    assert packed.left_out.keys() == {"pipe.png", "gone.png"}
    assert "no regular file" in packed.left_out["pipe.png"]
    assert packed.left_out["gone.png"].startswith("FileNotFoundError")


def test_a_pipe_is_neither_read_as_a_packed_file_nor_replaced(tmp_path: Path, make_pictures: Make) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe is no file that"):
        open_data(tmp_path / "pipe", 16)
    with pytest.raises(DataError, match="pipe is no file that"):
        data.survey(tmp_path / "pipe")
    with pytest.raises(DataError, match="pipe is a pipe, a socket or a device; --out names a file"):
        pack(make_pictures(tmp_path / "pictures"), tmp_path / "pipe", 16)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((name, "darktable-cli") for name in ("a.CR2", "a.nef", "a.arw", "a.DNG", "a.cr3", "a.raf", "a.orf", "a.rw2")),
        ("a.jxl", "djxl"),
    ],
)
def test_files_of_cameras_and_jpeg_xl_are_named_with_how_to_convert_them(
    tmp_path: Path, folder: Path, name: str, said: str
) -> None:
    plain().save(folder / "good.png")
    (folder / name).write_bytes(b"some")
    ((kind, reason),) = pack(folder, tmp_path / "out.safetensors", 16).left_out.items()
    assert kind == f"1 file *{Path(name).suffix.lower()} ({name})"
    assert said in reason


def test_a_folder_of_nothing_but_heic_says_how_to_convert_it(tmp_path: Path, folder: Path) -> None:
    (folder / "IMG_0001.HEIC").write_bytes(b"some")
    with pytest.raises(DataError, match=r"no image that can be used \(1 file \*\.heic .*convert it to JPEG"):
        pack(folder, tmp_path / "out.safetensors", 16)


def test_a_second_call_on_unchanged_sources_decodes_nothing(
    tmp_path: Path, make_pictures: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_pictures(tmp_path / "pictures")
    (folder / "empty.png").touch()
    first = pack(folder, tmp_path / "out.safetensors", 16)
    monkeypatch.setattr(data, "_read", lambda *_: pytest.fail("an image was decoded"))
    second = pack(folder, tmp_path / "out.safetensors", 16)
    assert (first.new, second.new) == (True, False)
    assert (second.count, second.left_out, second.sha256) == (first.count, first.left_out, first.sha256)


@pytest.mark.parametrize("change", ["added", "removed", "touched", "labelled", "resized"])
def test_changed_sources_are_packed_again(tmp_path: Path, make_pictures: Make, change: str) -> None:
    folder = make_pictures(tmp_path / "pictures")
    pack(folder, tmp_path / "out.safetensors", 16)
    some = folder / "picture_003.png"
    if change == "added":
        plain().save(folder / "new.png")
    elif change == "removed":
        some.unlink()
    elif change == "touched":
        os.utime(some, ns=(1, 1))
    elif change == "labelled":
        (folder / "labels.csv").write_text("file,label\npicture_003.png,5\n", encoding="utf-8")
    assert pack(folder, tmp_path / "out.safetensors", 8 if change == "resized" else 16).new


@pytest.mark.parametrize("where", [".", ".."])
def test_labels_are_read_in_the_folder_or_beside_it(tmp_path: Path, make_pictures: Make, where: str) -> None:
    folder = make_pictures(tmp_path / "pictures", count=3)
    (folder / where / "labels.csv").write_text("file,label\npicture_002.png,7\npicture_000.png,1\n", encoding="utf-8")
    assert open_data(folder, 16).labels.tolist() == [1, -1, 7]


def test_what_is_lost_of_the_labels_is_said_kind_by_kind_and_again_of_the_packed_file(
    tmp_path: Path, make_pictures: Make
) -> None:
    folder = make_pictures(tmp_path / "pictures", count=9)
    rows = [f"picture_{number:03d}.png,{label}" for number in range(8) for label in (1, 2)]
    (folder / "labels.csv").write_text("\n".join(["file,label", "absent,1", *rows, ""]), encoding="utf-8")
    (tmp_path / "labels.csv").write_text("file,label\npicture_008.png,3\n", encoding="utf-8")
    lines = pack(folder, tmp_path / "out.safetensors", 16).lines()[1:]
    assert lines[:3] == [
        "labels for 0 of 9 pictures",
        "no picture for labels.csv, line 2: absent",
        "no label for picture_000.png: labels.csv, line 3 says 1, labels.csv, line 4 says 2",
    ]
    assert lines[-2:] == ["no label for 3 more pictures", "labels not read: ../labels.csv, since there is labels.csv"]
    assert len(lines) == 9
    assert pack(folder, tmp_path / "out.safetensors", 16).lines()[1:] == lines
    assert open_data(tmp_path / "out.safetensors", 16).packed.lines()[1:] == lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,class\na,1\n", "file,label"),
        ("file,label\na.png,x\n", "line 2"),
        ("file,label\na.png\n", "line 2"),
        ("file,label\na,99999\n", "to 65535"),
    ],
)
def test_damaged_labels_are_named_by_their_line(tmp_path: Path, make_pictures: Make, text: str, reason: str) -> None:
    folder = make_pictures(tmp_path / "pictures", count=1)
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        pack(folder, tmp_path / "out.safetensors", 16)


def test_labels_from_a_spreadsheet_may_begin_with_a_byte_order_mark(tmp_path: Path, make_pictures: Make) -> None:
    folder = make_pictures(tmp_path / "pictures", count=1)
    (folder / "labels.csv").write_text("file,label\npicture_000.png,4\n", encoding="utf-8-sig")
    assert open_data(folder, 16).labels.tolist() == [4]


def test_a_drawing_under_the_name_of_a_photograph_is_not_opened(tmp_path: Path, folder: Path) -> None:
    plain().save(folder / "good.png")
    plain().save(folder / "drawing.eps")
    (folder / "drawing.eps").rename(folder / "disguised.jpg")
    assert pack(folder, tmp_path / "out.safetensors", 16).left_out.keys() == {"disguised.jpg"}


def test_a_file_of_other_tensors_is_not_taken_for_a_packed_one(tmp_path: Path) -> None:
    save_file({"images": np.zeros((2, 3), np.uint8)}, tmp_path / "other.safetensors", {"format": data.FORMAT})
    with pytest.raises(DataError, match="no file that"):
        open_data(tmp_path / "other.safetensors", 16)


def test_a_folder_without_images_is_one_sentence(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(DataError, match="holds no image"):
        pack(folder, tmp_path / "out.safetensors")
    with pytest.raises(DataError, match="absent does not exist; a folder of pictures"):
        pack(folder / "absent", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


def test_a_file_that_is_not_packed_or_of_another_side_is_refused(tmp_path: Path, make_pictures: Make) -> None:
    (tmp_path / "other").write_bytes(b"something else")
    with pytest.raises(DataError, match="no file that"):
        open_data(tmp_path / "other", 16)
    packed = pack(make_pictures(tmp_path / "pictures"), tmp_path / "out.safetensors", 16)
    with pytest.raises(DataError, match="images of 16 pixels; the recipe asks for 32"):
        open_data(packed.file, 32)


@pytest.mark.parametrize("kind", ["zip", "document", "weights"])
def test_a_file_that_pack_did_not_write_is_never_replaced(tmp_path: Path, make_pictures: Make, kind: str) -> None:
    folder, out = make_pictures(tmp_path / "pictures"), tmp_path / "mine"
    if kind == "weights":
        save_file({"images": np.zeros((2, 3), np.uint8)}, out, {"format": data.FORMAT})
    else:
        out.write_bytes(b"PK\x03\x04 all my pictures" if kind == "zip" else b"Dear Sir or Madam")
    before = out.read_bytes()
    with pytest.raises(DataError, match="mine is there already and was not written by `pack`"):
        pack(folder, out, 16)
    assert out.read_bytes() == before


def test_a_packed_file_of_another_format_and_an_empty_file_are_replaced(tmp_path: Path, make_pictures: Make) -> None:
    folder, older = make_pictures(tmp_path / "pictures"), tmp_path / "older"
    about = {"format": "0", "source": "", "left_out": "{}", "sha256": ""}
    save_file({"images": np.zeros((2, 3), np.uint8)}, older, about)
    (tmp_path / "empty").touch()
    assert pack(folder, older, 16).new
    assert pack(folder, tmp_path / "empty", 16).new


def test_the_fingerprint_is_of_the_pixels_and_not_of_their_place(tmp_path: Path, make_pictures: Make) -> None:
    one = open_data(make_pictures(tmp_path / "one"), 16)
    two = open_data(make_pictures(tmp_path / "two"), 16)
    assert one.sha256 == two.sha256
    assert open_data(make_pictures(tmp_path / "three", count=11), 16).sha256 != one.sha256


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAN_RACE_CACHE", str(tmp_path / "cache"))


def test_every_epoch_shows_each_image_once_in_an_order_of_its_own(tmp_path: Path, make_pictures: Make) -> None:
    images = open_data(make_pictures(tmp_path / "pictures", count=12), 16)
    seen = torch.cat([images.batch(3, start, 5)[0] for start in range(0, 60, 5)])
    rows = [int((images.images == one).flatten(1).all(1).nonzero()) for one in seen]
    epochs = [rows[start : start + 12] for start in range(0, 60, 12)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 5
    assert not torch.equal(images.batch(3, 0, 12)[0], images.batch(4, 0, 12)[0])


def test_a_batch_depends_on_the_count_of_images_seen_alone(tmp_path: Path, make_pictures: Make) -> None:
    images = open_data(make_pictures(tmp_path / "pictures", count=12), 16)
    assert torch.equal(images.batch(3, 7, 30)[0][10:], images.batch(3, 17, 20)[0])


def test_the_download_is_packed_with_its_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = []

    def flowers(root: str, split: str, download: bool) -> None:
        assert download
        splits.append(split)
        (Path(root) / "flowers-102" / "jpg").mkdir(parents=True, exist_ok=True)
        for number in (1, 2):
            plain().save(Path(root) / "flowers-102" / "jpg" / f"image_{number:05d}.jpg")

    datasets = types.SimpleNamespace(Flowers102=flowers)
    reader = types.SimpleNamespace(loadmat=lambda _: {"labels": np.array([[77, 3]])})
    monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)
    monkeypatch.setitem(sys.modules, "scipy.io", reader)
    folder = data.download(tmp_path / "download")
    assert splits == ["train", "val", "test"]
    assert open_data(folder, 16).labels.tolist() == [77, 3]


def test_a_download_that_fails_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flowers(*_: object, **__: object) -> None:
        raise RuntimeError("no network")

    monkeypatch.setitem(sys.modules, "torchvision.datasets", types.SimpleNamespace(Flowers102=flowers))
    monkeypatch.setitem(sys.modules, "scipy.io", types.SimpleNamespace(loadmat=None))
    with pytest.raises(DataError, match="could not be downloaded"):
        data.download(tmp_path)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (
            "scipy",
            "needs the package 'scipy', which reads the file of labels and is not installed: run pip install scipy.",
        ),
        (
            "scipy.io",
            "needs the package 'scipy', which reads the file of labels and is not installed: run pip install sci",
        ),
        (
            "torchvision.datasets",
            "needs the package 'torchvision', which fetches the pictures and is not installed: run",
        ),
    ],
)
def test_a_download_without_its_packages_says_what_to_install_before_it_fetches_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, said: str
) -> None:
    fetched: list[str] = []
    datasets = types.SimpleNamespace(Flowers102=lambda *_, **how: fetched.append(how["split"]))
    for name, module in (("torchvision.datasets", datasets), ("scipy.io", types.SimpleNamespace(loadmat=None))):
        monkeypatch.setitem(sys.modules, name, module)
    if missing == "scipy":
        monkeypatch.delitem(sys.modules, "scipy.io")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(DataError) as raised:
        data.download(tmp_path)
    assert said in str(raised.value)
    assert str(raised.value).endswith((" scipy.", " torchvision."))
    assert fetched == []


def test_a_package_that_is_there_and_cannot_be_imported_is_told_with_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy.io", types.SimpleNamespace())
    with pytest.raises(DataError, match=r"torchvision and scipy, one of which cannot be imported: cannot import name"):
        data.download(tmp_path)
