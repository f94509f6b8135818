"""The exported tile: lossless, the same every time, with a manifest that leads back to its checkpoint and seed."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.checkpoints.catalog import Catalog
from studio.race.manifest import CHUNK, manifest
from studio.race.tile_file import export_png, file_name, read_png
from studio.race.verification import verify
from training.core import checkpoint
from training.core.checkpoint import Checkpoint, canonical_json
from training.core.generators import GENERATORS
from training.core.latents import labels, latents
from training.core.pixels import to_cells
from training.core.tile import draw, seed_tile

SIDE = 16


@pytest.fixture
def found(tmp_path: Path, make_vivid: Callable[..., Path]) -> Checkpoint:
    return checkpoint.load(make_vivid(tmp_path / "somebody" / "vivid"))


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    position, found = 8, []
    while position < len(data):
        length, name = struct.unpack(">I4s", data[position : position + 8])
        found.append((name, data[position + 8 : position + 8 + length]))
        position += 12 + length
    return found


@pytest.mark.parametrize("network", GENERATORS)
def test_the_png_holds_exactly_the_seeds_tile(network: str, tmp_path: Path, make_vivid: Callable[..., Path]) -> None:
    found = checkpoint.load(make_vivid(tmp_path / network, network=network))
    image = opened(export_png(found, 7))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (10 * SIDE, 10 * SIDE))
    assert np.array_equal(np.asarray(image), seed_tile(found.generator, 7))
    assert np.asarray(image).std() > 20


def test_a_tile_of_the_race_has_1280_pixels_a_side(tmp_path: Path, make_checkpoint: Callable[..., Path]) -> None:
    found = checkpoint.load(make_checkpoint(tmp_path / "large", network="dcgan", side=128))
    image = opened(export_png(found, 0))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (1280, 1280))
    assert np.array_equal(np.asarray(image), seed_tile(found.generator, 0))


def test_the_first_cell_of_the_second_row_is_image_ten(found: Checkpoint) -> None:
    pixels = np.asarray(opened(export_png(found, 3)))
    images = draw(found.generator, latents(3, 100, found.config.z_dim))
    assert np.array_equal(pixels[SIDE : 2 * SIDE, :SIDE], images[10])
    assert not np.array_equal(images[10], images[1])


def test_exporting_twice_gives_the_same_bytes_and_another_seed_gives_others(found: Checkpoint) -> None:
    assert export_png(found, 7) == export_png(found, 7)
    assert export_png(found, 7) != export_png(found, 8)


def test_the_manifest_is_canonical_json_in_one_itxt_chunk(found: Checkpoint) -> None:
    texts = [body for name, body in chunks(export_png(found, 7)) if name == b"iTXt"]
    key, text = texts[0].split(b"\0\0\0\0\0")
    assert len(texts) == 1
    assert key == CHUNK.encode() == b"gan_race"
    assert canonical_json(json.loads(text)) == text.decode()
    assert json.loads(text) == manifest(found, 7, seed_tile(found.generator, 7))


def test_the_manifest_says_how_to_draw_the_tile_again(found: Checkpoint) -> None:
    tile = seed_tile(found.generator, 7)
    values = manifest(found, 7, tile)
    assert values["format"] == 1
    assert values["z_source"] == "numpy.random.RandomState.standard_normal"
    assert (values["seed"], values["shape"], values["order"]) == (7, [100, 8], "row by row")
    assert (values["rows"], values["columns"], values["cell_size"]) == (10, 10, SIDE)
    assert values["checkpoint_sha256"] == hashlib.sha256((found.folder / "model.safetensors").read_bytes()).hexdigest()
    assert values["config_sha256"] == found.config_sha256
    assert values["renderer"] == "1"
    assert sorted(values["versions"]) == ["numpy", "pillow", "python", "torch"]
    assert all(value[0].isdigit() for value in values["versions"].values())


def test_the_manifest_has_the_hash_of_the_whole_and_of_each_cell(found: Checkpoint) -> None:
    tile = seed_tile(found.generator, 7)
    values = manifest(found, 7, tile)
    cells = to_cells(tile, SIDE)
    assert values["pixels_sha256"] == hashlib.sha256(tile.tobytes()).hexdigest()
    assert values["cells_sha256"] == [hashlib.sha256(cell.tobytes()).hexdigest() for cell in cells]
    assert len(set(values["cells_sha256"])) == 100


def test_nothing_in_the_file_names_a_person_or_a_folder(found: Checkpoint) -> None:
    data = export_png(found, 7)
    assert [name for name, _ in chunks(data) if name not in (b"IHDR", b"iTXt", b"IDAT", b"IEND")] == []
    assert b"somebody" not in data
    assert b"vivid" not in data
    assert b"/" not in canonical_json(manifest(found, 7, seed_tile(found.generator, 7))).encode()


def test_the_file_is_named_by_the_checkpoint_and_the_seed() -> None:
    assert file_name("0123456789abcdef" * 4, 4294967295) == "race_01234567_seed4294967295.png"
    assert file_name("0123456789abcdef" * 4, 7, 0.75) == "race_01234567_seed7_psi0.75.png"
    assert file_name("0123456789abcdef" * 4, 7, 0.9999999) == "race_01234567_seed7_psi0.9999999.png"


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "7", None])
def test_a_seed_out_of_range_is_refused_with_the_range(seed: object, found: Checkpoint) -> None:
    with pytest.raises(ValueError, match=r"0 to 4294967295"):
        export_png(found, seed)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"0 to 4294967295"):
        file_name("0" * 64, seed)  # type: ignore[arg-type]


def test_reading_an_export_gives_its_pixels_and_its_manifest_back(found: Checkpoint) -> None:
    tile = seed_tile(found.generator, 7)
    reading = read_png(export_png(found, 7))
    assert np.array_equal(reading.pixels, tile)
    assert reading.manifest == manifest(found, 7, tile)
    assert (reading.kind, reading.problem) == ("PNG", None)


def picture(mode: str = "RGB", size: tuple[int, int] = (160, 160), kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, size, **({"color": options.pop("color")} if "color" in options else {})).save(
        buffer, kind, **options
    )
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_other_kinds_of_pictures_are_read_and_named(kind: str) -> None:
    reading = read_png(picture(kind=kind))
    assert (reading.kind, reading.problem, reading.manifest) == (kind, None, None)
    assert reading.pixels is not None
    assert reading.pixels.shape == (160, 160, 3)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_every_mode_of_png_becomes_rgb(mode: str) -> None:
    color = {"LA": (9, 255), "RGBA": (9, 9, 9, 255)}.get(mode, 1)
    reading = read_png(picture(mode, color=color))
    assert reading.problem is None
    assert reading.pixels is not None
    assert (reading.pixels.shape, reading.pixels.dtype) == ((160, 160, 3), np.uint8)


@pytest.mark.parametrize(
    ("mode", "options"),
    [("RGBA", {"color": (9, 9, 9, 254)}), ("P", {"transparency": 0}), ("RGB", {"transparency": (0, 0, 0)})],
)
def test_a_transparent_picture_is_refused(mode: str, options: dict[str, object]) -> None:
    assert read_png(picture(mode, **options)).problem == "transparent"


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_a_moving_picture_is_refused(kind: str) -> None:
    others = [Image.new("RGB", (160, 160), "red")]
    assert read_png(picture(kind=kind, save_all=True, append_images=others)).problem == "animated"


@pytest.mark.parametrize("data", [b"", b"\x89PN", b"no picture" * 100, b"%!PS-Adobe-3.0 EPSF-3.0\n", b"PK\3\4"])
def test_what_is_no_picture_is_called_so(data: bytes) -> None:
    assert read_png(data).problem == "not_an_image"


def test_a_png_cut_short_anywhere_before_its_end_is_never_taken_for_whole(found: Checkpoint) -> None:
    data = export_png(found, 7)
    end = data.rindex(b"IDAT") + 4
    for length in range(8, end, end // 40):
        reading = read_png(data[:length])
        assert (reading.problem, reading.values) == ("damaged", {"kind": "PNG"}), length


def test_a_changed_byte_anywhere_is_an_answer_not_an_exception(found: Checkpoint) -> None:
    data = export_png(found, 7)
    for position in range(0, len(data), len(data) // 300):
        reading = read_png(data[:position] + bytes([data[position] ^ 0x55]) + data[position + 1 :])
        assert reading.pixels is not None or reading.problem in ("damaged", "not_an_image", "too_many_pixels")


def png(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """Write a PNG by hand; its pixels are missing unless `more` has them."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in [header, *more, (b"IEND", b"")]:
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return data


@pytest.mark.timeout(5)
@pytest.mark.parametrize("side", [2561, 9000, 12_000, 60_000, 2**31 - 1])
def test_huge_dimensions_are_refused_before_anything_is_decoded(side: int) -> None:
    reading = read_png(png(side, side, (b"IDAT", zlib.compress(bytes(10_000_000)))))
    assert reading.problem == "too_many_pixels"
    assert reading.pixels is None


@pytest.mark.timeout(5)
def test_a_text_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = zlib.compress(bytes(100_000_000), 9)
    assert read_png(png(160, 160, (b"zTXt", b"gan_race\0\0" + bomb))).problem == "damaged"
    assert read_png(png(160, 160, (b"iTXt", b"gan_race\0\1\0\0\0" + bomb))).problem == "damaged"


def test_a_file_larger_than_any_tile_is_refused_unread() -> None:
    reading = read_png(bytes(32 * 2**20 + 1))
    assert (reading.problem, reading.values["size"]) == ("file_too_large", 32 * 2**20 + 1)


def test_the_manifest_has_the_psi_of_the_whole_tile(found: Checkpoint) -> None:
    data = export_png(found, 7, 0.6)
    assert read_png(data).manifest == manifest(found, 7, seed_tile(found.generator, 7, 0.6), 0.6)
    assert (read_png(data).manifest or {})["psi"] == 0.6
    assert manifest(found, 7, seed_tile(found.generator, 7))["psi"] == 1.0
    assert not np.array_equal(np.asarray(opened(data)), seed_tile(found.generator, 7))
    with pytest.raises(ValueError, match=r"^The psi 1\.5 is not a number from 0 to 1\."):
        export_png(found, 7, 1.5)


def test_the_manifest_has_the_classes_of_the_cells(
    found: Checkpoint, tmp_path: Path, make_vivid: Callable[..., Path]
) -> None:
    conditional = checkpoint.load(make_vivid(tmp_path / "conditional", network="resnet", classes=5))
    values = manifest(conditional, 7, seed_tile(conditional.generator, 7))
    assert values["classes"] == labels(7, 100, 5).tolist()
    assert manifest(found, 7, seed_tile(found.generator, 7))["classes"] is None


def test_the_count_of_seeds_looked_at_is_declared_and_not_checked(found: Checkpoint, tmp_path: Path) -> None:
    declared = export_png(found, 7, seeds_looked_at=96)
    claims = read_png(declared).manifest
    assert claims == {**manifest(found, 7, seed_tile(found.generator, 7)), "seeds_looked_at": 96}
    verdict = verify(declared, Catalog(tmp_path))
    assert (verdict.outcome, verdict.claims, verdict.notes) == ("pass_exact", (), ())
    assert "seeds_looked_at" not in (read_png(export_png(found, 7)).manifest or {})


@pytest.mark.parametrize("count", [0, -1, 2**32 + 1, True, 1.5, "9"])
def test_an_impossible_count_is_refused(found: Checkpoint, count: object) -> None:
    with pytest.raises(ValueError, match="whole number from 1 to 4294967296"):
        export_png(found, 7, seeds_looked_at=count)  # type: ignore[arg-type]
