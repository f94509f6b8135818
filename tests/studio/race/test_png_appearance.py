"""A PNG that is shown otherwise than its pixels is no tile, however right its pixels are."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from studio.checkpoints.catalog import Catalog
from studio.race.manifest import CHUNK, manifest
from studio.race.png_appearance import EFFECTS, HARMLESS, examine
from studio.race.tile_file import export_png, read_png
from studio.race.verdict import Verdict
from studio.race.verification import verify
from studio.ui.texts.i18n import TEXTS
from training.core.checkpoint import Checkpoint, canonical_json
from training.core.tile import seed_tile

SEED = 11
PRIMARIES = struct.pack(">8I", 31270, 32900, 30000, 60000, 64000, 33000, 15000, 6000)  # red and green exchanged
TURNED = b"MM\0\x2a\0\0\0\x08\0\1\x01\x12\0\3\0\0\0\1\0\x06\0\0\0\0\0\0"  # EXIF: by a quarter
SQUARE = struct.pack(">IIB", 3779, 3779, 1)
HEADER = 33  # bytes of a PNG up to the end of IHDR


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory, make_vivid: Callable[..., Path]) -> Catalog:
    root = tmp_path_factory.mktemp("checkpoints")
    make_vivid(root / "one")
    return Catalog(root)


@pytest.fixture(scope="module")
def found(catalog: Catalog) -> Checkpoint:
    return catalog.load(str(catalog.entries()[0].sha256))


@pytest.fixture(scope="module")
def exported(found: Checkpoint) -> bytes:
    return export_png(found, SEED)


def chunk(name: str, body: bytes) -> bytes:
    code = name.encode()
    return struct.pack(">I", len(body)) + code + body + struct.pack(">I", zlib.crc32(code + body))


def with_chunks(data: bytes, *more: tuple[str, bytes], late: bool = False) -> bytes:
    """Put chunks behind the header, or `late` in front of the end."""
    place = len(data) - 12 if late else HEADER
    return data[:place] + b"".join(chunk(*one) for one in more) + data[place:]


def with_header(data: bytes, offset: int, value: int) -> bytes:
    """Change one byte of the header and its checksum with it."""
    body = bytearray(data[16:29])
    body[offset] = value
    return data[:8] + chunk("IHDR", bytes(body)) + data[HEADER:]


def saved_as(image: Image.Image, found: Checkpoint, **options: Any) -> bytes:
    """Save a picture in any mode with the manifest of the honest tile."""
    text = PngImagePlugin.PngInfo()
    tile = seed_tile(found.generator, SEED)
    text.add_itxt(CHUNK, canonical_json(manifest(found, SEED, tile)))
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=text, **options)
    return buffer.getvalue()


def facts(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("iCCP", b"swapped\0\0" + zlib.compress(b"any profile")),
        ("gAMA", struct.pack(">I", 100_000)),
        ("cHRM", PRIMARIES),
        ("sRGB", b"\4"),
        ("cICP", bytes([9, 16, 0, 1])),
        ("eXIf", TURNED),
        ("pHYs", struct.pack(">IIB", 1000, 2000, 0)),
        ("tRNS", struct.pack(">3H", 300, 300, 300)),  # a colour that no pixel has
        ("PLTE", bytes(range(30))),
        ("bKGD", bytes(6)),
        ("sBIT", b"\1\1\1"),
        ("sTER", b"\0"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_chunk_that_can_change_the_look_is_no_pass_and_is_named_with_what_it_does(
    name: str, body: bytes, late: bool, catalog: Catalog, exported: bytes
) -> None:
    verdict = verify(with_chunks(exported, (name, body), late=late), catalog)
    assert facts(verdict) == ("fail", "looks_different")
    assert f"how it looks: {name} ({EFFECTS[name]}); hand in" in verdict.sentence
    assert verdict.to_dict()["values"]["names"] == [name]


def test_a_chunk_that_nobody_knows_is_told_as_well(catalog: Catalog, exported: bytes) -> None:
    verdict = verify(with_chunks(exported, ("zzZz", b"1")), catalog)
    assert facts(verdict) == ("fail", "looks_different")
    assert "zzZz (nothing that is known here)" in verdict.sentence


def test_all_kinds_of_chunks_are_told_once_and_not_more_than_a_reader_takes(catalog: Catalog, exported: bytes) -> None:
    both = (("gAMA", struct.pack(">I", 45_455)), ("cHRM", PRIMARIES))
    verdict = verify(with_chunks(exported, *both, ("cHRM", PRIMARIES)), catalog)
    assert verdict.values["names"] == ["gAMA", "cHRM"]
    many = [(f"aa{letter}a", b"") for letter in "ABCDEFGH"]
    verdict = verify(with_chunks(exported, *many), catalog)
    assert len(verdict.values["names"]) == 5
    assert "aaEa (nothing that is known here), ...;" in verdict.sentence


@pytest.mark.parametrize(
    "more",
    [
        [("tEXt", b"Software\0any")],
        [("zTXt", b"Comment\0\0" + zlib.compress(b"any"))],
        [("tIME", bytes([7, 231, 1, 1, 0, 0, 0]))],
        [("pHYs", SQUARE)],
        [("iTXt", b"Title\0\0\0\0\0any"), ("pHYs", SQUARE)],
    ],
)
def test_words_a_date_and_square_pixels_change_nothing(
    more: list[tuple[str, bytes]], catalog: Catalog, exported: bytes
) -> None:
    for late in (False, True):
        verdict = verify(with_chunks(exported, *more, late=late), catalog)
        assert (facts(verdict), verdict.remarks) == (("pass_exact", "exact"), ())


def test_an_animation_that_a_decoder_overlooks_is_told(catalog: Catalog, exported: bytes) -> None:
    late = with_chunks(exported, ("acTL", struct.pack(">II", 2, 0)), late=True)
    single = with_chunks(exported, ("acTL", struct.pack(">II", 1, 0)))
    for data in (late, single):
        assert facts(verify(data, catalog)) == ("fail", "animated")


@pytest.mark.parametrize(
    ("mode", "bits", "named"),
    [("L", 8, "grey"), ("LA", 8, "grey with alpha"), ("P", 1, "palette"), ("1", 1, "grey"), ("I;16", 16, "grey")],
)
def test_another_kind_of_pixels_is_no_pass(
    mode: str, bits: int, named: str, catalog: Catalog, found: Checkpoint
) -> None:
    verdict = verify(saved_as(Image.new(mode, (160, 160), (9, 255) if mode == "LA" else 1), found), catalog)
    assert facts(verdict) == ("fail", "not_rgb")
    assert verdict.sentence.startswith(f"The pixels of the PNG are {bits}-bit {named}; ")


def test_sixteen_bits_with_noise_below_the_upper_byte_are_no_pass(catalog: Catalog, exported: bytes) -> None:
    tile = np.asarray(Image.open(io.BytesIO(exported)))
    deep = (tile.astype(">u2") << 8) | (np.arange(tile.size).reshape(tile.shape) % 251).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    text = exported[HEADER : exported.index(b"IDAT") - 4]
    header = chunk("IHDR", struct.pack(">IIBBBBB", 160, 160, 16, 2, 0, 0, 0))
    data = exported[:8] + header + text + chunk("IDAT", zlib.compress(rows)) + chunk("IEND", b"")
    assert read_png(data).manifest is not None
    verdict = verify(data, catalog)
    assert facts(verdict) == ("fail", "not_rgb")
    assert verdict.values == {"bits": 16, "colour": "rgb", "pixels": "RGB"}


def test_an_opaque_alpha_channel_is_told_and_no_pass(catalog: Catalog, found: Checkpoint) -> None:
    tile = Image.fromarray(seed_tile(found.generator, SEED)).convert("RGBA")
    verdict = verify(saved_as(tile, found), catalog)
    assert facts(verdict) == ("fail", "not_rgb")
    assert verdict.sentence.startswith("The pixels of the PNG are 8-bit RGB with alpha; those of a tile are 8-bit RGB")
    tile.putpixel((159, 159), (0, 0, 0, 128))
    assert facts(verify(saved_as(tile, found), catalog)) == ("fail", "transparent")


@pytest.mark.parametrize("more", [b"\0", b"PK\3\4" * 25])
def test_bytes_after_the_end_pass_and_are_told(more: bytes, catalog: Catalog, exported: bytes) -> None:
    verdict = verify(exported + more, catalog)
    assert facts(verdict) == ("pass_exact", "exact")
    assert verdict.sentence.endswith(f" the picture (bytes: {len(more)}); nothing shows that.")
    assert verdict.to_dict()["remarks"] == [{"code": "trailing_bytes", "values": {"count": len(more)}}]
    odd = verify(with_chunks(exported, ("gAMA", b"\0\0\0\1")) + more, catalog)
    assert (facts(odd), [one.code for one in odd.remarks]) == (("fail", "looks_different"), ["trailing_bytes"])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: with_header(data, 10, 1),  # compression
        lambda data: with_header(data, 11, 64),  # filters
        lambda data: with_header(data, 12, 2),  # interlacing
        lambda data: with_header(data, 9, 5),  # colours
        lambda data: with_chunks(data, ("IHDR", data[16:29])),
        lambda data: with_chunks(data, ("IDAT", b""), ("tEXt", b"a\0b")),
        lambda data: data[:-12],
        lambda data: data[:-1],
        lambda data: with_chunks(data, ("tEXt", b"a\0b")).replace(b"a\0b", b"a\0c"),
    ],
)
def test_what_a_browser_takes_for_damaged_is_damaged(
    change: Callable[[bytes], bytes], catalog: Catalog, exported: bytes
) -> None:
    assert facts(verify(change(exported), catalog)) == ("could_not_check", "damaged")


@pytest.mark.parametrize("way", range(4))
def test_a_chunk_that_says_what_is_taken_for_granted_anyway_changes_nothing(
    way: int, catalog: Catalog, exported: bytes
) -> None:
    assert facts(verify(with_chunks(exported, ("sRGB", bytes([way]))), catalog)) == ("pass_exact", "exact")


def test_an_interlaced_tile_looks_the_same(exported: bytes) -> None:
    assert examine(with_header(exported, 12, 1)) == examine(exported)


def test_a_file_that_looks_different_still_says_what_it_is(exported: bytes) -> None:
    reading = read_png(with_chunks(exported, ("gAMA", struct.pack(">I", 100_000))))
    assert (reading.problem, reading.appearance.problem) == (None, "looks_different")
    assert (reading.manifest or {})["seed"] == SEED


def test_every_effect_is_told_in_both_languages() -> None:
    assert not HARMLESS & EFFECTS.keys()
    for name in EFFECTS:
        assert all(TEXTS[f"chunk_{name}"])
        assert len(set(TEXTS[f"chunk_{name}"])) == 2
