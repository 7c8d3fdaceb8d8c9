"""Codes on photos: found at any size and turn, bounded, and nothing but named refusals for what is no photo."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, ImageFilter

from portal.certificates.forms.bits import Bits
from portal.certificates.papers.photo import PhotoBroken, PhotoTooLarge, open_photo, read
from portal.certificates.papers.photo.reading import MAX_BYTES
from portal.certificates.sealing import qr

STAMP = bytes((7 * place + 5) % 256 for place in range(148))
OTHER = bytes((11 * place + 3) % 256 for place in range(148))


def _code(payload: bytes, module: int = 6) -> Image.Image:
    bits: Bits = qr.bits(payload)
    rows = np.frombuffer(bits.rows, np.uint8).reshape(bits.height, -1)
    modules = np.unpackbits(rows, axis=1)[:, : bits.width]
    return Image.fromarray(np.kron(255 - 255 * np.pad(modules, 4), np.ones((module, module))).astype(np.uint8))


def _page(*codes: Image.Image, size: tuple[int, int] = (1654, 2339)) -> Image.Image:
    page = Image.new("L", size, 240)
    for number, code in enumerate(codes):
        page.paste(code, (80 + 560 * number, size[1] - code.height - 90))
    return page


def _file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("degrees", [0, 3, -17, 90, 181])
def test_a_code_is_read_whichever_way_the_sheet_lies(degrees: float) -> None:
    turned = _page(_code(STAMP, 5)).rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=240)
    (found,) = read(turned)
    assert found.payload == STAMP
    assert found.side == pytest.approx(49 * 5, abs=4)


@pytest.mark.parametrize("scale", [0.55, 1, 3])
def test_corners_are_given_in_pixels_of_the_photo_whatever_its_size(scale: float) -> None:
    page = _page(_code(STAMP, 5))
    photo = page.resize((round(page.width * scale), round(page.height * scale)), Image.Resampling.BICUBIC)
    (found,) = read(photo)
    left, top = (80 + 20) * scale, (2339 - 57 * 5 - 90 + 20) * scale
    side = 49 * 5 * scale
    true = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
    assert np.abs(np.array(found.corners) - np.array(true)).max() < 3 * max(1.0, scale)


def test_a_blurred_and_grainy_photo_is_read() -> None:
    grain = np.random.default_rng(1).normal(0, 20, (2339, 1654))
    blurred = np.asarray(_page(_code(STAMP, 5)).filter(ImageFilter.GaussianBlur(1.8)), dtype=np.float64)
    photo = Image.fromarray(np.clip(blurred * 0.5 + 60 + grain, 0, 255).astype(np.uint8))
    assert [found.payload for found in read(photo)] == [STAMP]


def test_every_code_in_the_picture_is_given_the_largest_first_whatever_it_holds() -> None:
    address = b"https://verify.misaki.example.evil.test/"
    found = read(_page(_code(address, 4), _code(STAMP, 7), _code(OTHER, 5)))
    assert [code.payload for code in found] == [STAMP, OTHER, address]
    assert read(_page()) == ()


def test_a_photo_taken_upright_is_turned_as_its_camera_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    opened = open_photo(_file(_page(_code(STAMP)).rotate(90, expand=True), "JPEG", exif=exif))
    assert opened.size == (1654, 2339)
    (found,) = read(opened)
    assert found.corners[0][1] > 1500


def test_transparency_is_paper() -> None:
    code = _code(STAMP)
    clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=code.point(lambda shade: 255 - shade))
    assert [found.payload for found in read(open_photo(_file(clear)))] == [STAMP]


def test_a_picture_that_unpacks_to_more_than_any_camera_takes_is_refused_before_it_is_unpacked() -> None:
    side = 60_000
    header = b"IHDR" + struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1000))
    parts = b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, data)
    )
    with pytest.raises(PhotoTooLarge):
        open_photo(b"\x89PNG\r\n\x1a\n" + parts)
    with pytest.raises(PhotoTooLarge):
        read(Image.new("1", (9000, 8000)))
    with pytest.raises(PhotoTooLarge):
        open_photo(b"\xff\xd8" + bytes(MAX_BYTES))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP"])
def test_other_kinds_of_pictures_are_refused(kind: str) -> None:
    with pytest.raises(PhotoBroken):
        open_photo(_file(_code(STAMP), kind))


_PNG, _JPEG = _file(_code(STAMP, 1)), _file(_code(STAMP, 1), "JPEG")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([_PNG, _JPEG]), st.booleans(), st.data())
def test_whatever_the_bytes_are_they_are_a_picture_or_refused_by_name(
    whole: bytes, lenient: bool, data: st.DataObject
) -> None:
    changed = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for place in data.draw(st.lists(st.integers(0, max(0, len(changed) - 1)), max_size=4)) if changed else []:
        changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(PhotoBroken, PhotoTooLarge):
        # WeasyPrint, where it is loaded, tells Pillow to show what there is of a picture cut short.
        patch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
        read(open_photo(bytes(changed)))
