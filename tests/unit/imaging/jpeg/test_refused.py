"""JPEGs that no encoder writes are left to libjpeg, which reads them otherwise than one thinks."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.unit.imaging.jpeg.crafted import BLOCK, JFIF, Codes, Jpeg, segment
from tests.unit.imaging.jpeg.reading import decoded, expected

from marscrop import native
from marscrop.imaging.jpeg.markers import APP0, APP14, DHT, DQT

SHORT_JFIF = segment(APP0, b"JFIF\0\1\2")
ADOBE_RGB = segment(APP14, b"Adobe\0\x64\0\0\0\0\0")
EXTENDED = {0: Codes.of({0: 1, 15: 2}), 0x10: Codes.of({0: 1, 0x0F: 2})}
COLOURS: dict[str, Any] = {"ids": b"\1\2\3", "sampling": [(1, 1)] * 3, "data": [b"\0"]}
HALVED: dict[str, Any] = {
    "size": (16, 16),
    "ids": b"\1\2\3",
    "sampling": [(2, 2), (1, 1), (1, 1)],
    "codes": EXTENDED,
}


@pytest.fixture(autouse=True)
def _built() -> None:
    if native.library() is None:
        pytest.skip("the native functions are not built here")


@pytest.mark.parametrize("jpeg", [Jpeg(), Jpeg(**COLOURS)], ids=["grey", "colours"])
def test_the_plain_one_is_read(jpeg: Jpeg) -> None:
    content = jpeg.content()
    np.testing.assert_array_equal(decoded(content), expected(content))


@pytest.mark.parametrize(
    "jpeg",
    [
        Jpeg(codes={0: Codes.of({0: 1, 5: 1}), 0x10: Codes.of({0: 1})}),
        Jpeg(codes={0: Codes.of({0: 1}), 0x10: Codes.of({0: 1, 1: 2, 2: 2})}),
        Jpeg(codes={0: Codes.of({0: 1, 16: 2}), 0x10: Codes.of({0: 1})}),
        Jpeg(last=segment(DHT, b"\5" + bytes(16))),
        Jpeg(last=segment(DHT, b"\x14" + bytes(16))),
        Jpeg(last=segment(DHT, b"\x20" + bytes(16))),
        Jpeg(last=segment(DHT, b"\x31" + bytes(16))),
        Jpeg(last=segment(DQT, b"\4" + b"\1" * BLOCK)),
        Jpeg(last=segment(0xF0, b"\0\0")),
        Jpeg(sampling=[(0, 1)]),
        Jpeg(sampling=[(1, 5)]),
    ],
    ids=[
        "a code of ones: DC",
        "a code of ones: AC",
        "DC of 16 bits, unused",
        "DC table 5",
        "AC table 4",
        "class 2",
        "class 3",
        "steps 4",
        "extension",
        "sampling 0",
        "sampling 5",
    ],
)
def test_headers_that_libjpeg_refuses(jpeg: Jpeg) -> None:
    content = jpeg.content()
    assert expected(content) is None
    assert decoded(content) is None


def test_a_frame_that_says_more_than_it_has() -> None:
    jpeg = Jpeg()
    assert decoded(jpeg.content(jpeg.frame + b"\2\x11\0")) is None


def test_segments_of_other_kinds_of_jpeg() -> None:
    for code in (0xDC, 0xDF):
        assert decoded(Jpeg(last=segment(code, b"\0\0")).content()) is None


def test_steps_of_zero() -> None:
    assert decoded(Jpeg(steps={0: b"\1" * 63 + b"\0"}).content()) is None


def test_sides_beyond_libjpegs_limit() -> None:
    data = [bytes(2 * 65_504 // 8 // 8)]
    assert decoded(Jpeg(size=(65_500, 8), data=data).content()) is not None
    assert decoded(Jpeg(size=(65_501, 8), data=data).content()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"first": SHORT_JFIF + ADOBE_RGB},
        {"first": ADOBE_RGB + SHORT_JFIF},
        {"first": SHORT_JFIF, "ids": b"RGB"},
        {"first": SHORT_JFIF},
        {"first": segment(APP0, JFIF[:-1]) + ADOBE_RGB},
        {"first": segment(APP14, b"Adobe\0\x64\0\0\0\0")},
    ],
    ids=[
        "and Adobe",
        "after Adobe",
        "and RGB",
        "alone",
        "by a byte",
        "Adobe",
    ],
)
def test_short_segments_that_name_colours(change: dict[str, Any]) -> None:
    """libjpeg passes over them, and may then take the components for red, green and blue."""
    assert decoded(Jpeg(**(COLOURS | change)).content()) is None


def bits(*fields: str) -> list[bytes]:
    """Fields one behind the other, filled with ones."""
    text = "".join(fields)
    text += "1" * (-len(text) % 8)
    return [int(text, 2).to_bytes(len(text) // 8, "big")]


def dc(value: int) -> str:
    """With the codes of `EXTENDED`."""
    return "10" + f"{value if value > 0 else value + (1 << 15) - 1:015b}"


FLAT = "0" * 2
CHROMA_DC, CHROMA_AC = 4 * FLAT, 4 * FLAT + "0"


@pytest.mark.parametrize(
    "jpeg",
    [
        Jpeg(codes=EXTENDED, data=bits(dc(20_000), "0")),
        Jpeg(codes=EXTENDED, data=bits(dc(-20_000), "0")),
        Jpeg(codes=EXTENDED, data=bits(dc(16_400), "0"), steps={0: b"\4" * BLOCK}),
        Jpeg(codes=EXTENDED, size=(24, 8), data=bits(3 * (dc(32_767) + "0"))),
        Jpeg(**HALVED, data=bits(CHROMA_DC, dc(20_000), "0", FLAT)),
        Jpeg(**HALVED, data=bits(CHROMA_AC, dc(20_000), "0", FLAT)),
        Jpeg(**HALVED, data=bits(CHROMA_AC, dc(-20_000), "0", FLAT)),
        Jpeg(**HALVED, data=bits(CHROMA_AC, dc(16_400), "0", FLAT), steps={0: b"\4" * BLOCK}),
    ],
    ids=[
        "white",
        "black",
        "step",
        "sum",
        "chroma",
        "AC",
        "AC, negative",
        "AC, step",
    ],
)
def test_values_that_do_not_fit(jpeg: Jpeg) -> None:
    """libjpeg takes 10 or 16 bits of them, by each processor's vector instructions in their way."""
    assert expected(jpeg.content()) is not None
    assert decoded(jpeg.content()) is None


def striped(mcus: int) -> Jpeg:
    """Grey, an MCU a byte of data, and a restart marker after each fourth."""
    codes = {0: Codes.of({2: 5, 3: 5, 0: 3}), 0x10: Codes.of({0: 1})}
    data = [
        bytes(0b00100_00_0 | (start + place // 2) % 4 << 1 for place in range(min(4, mcus - start)))
        for start in range(0, mcus, 4)
    ]
    return Jpeg(size=(8 * mcus, 8), codes=codes, interval=4, data=data)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_restart_markers_at_the_wrong_mcu(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many readers there are: one may start at such a marker, and be in step with bits."""
    monkeypatch.setattr("marscrop.imaging.jpeg.eighth._LEAST_BYTES_A_THREAD", 4)
    jpeg = striped(62)
    np.testing.assert_array_equal(decoded(jpeg.content(), threads), expected(jpeg.content()))
    for short in range(15):
        data = [*jpeg.data[:short], jpeg.data[-1], *jpeg.data[short:-1]]
        assert decoded(dataclasses.replace(jpeg, data=data).content(), threads) is None


def test_a_restart_marker_before_the_end_of_the_data() -> None:
    """Four MCUs of two bits, and the marker after all of them in place of the third."""
    jpeg = Jpeg(size=(8 * 4, 8), interval=3, data=[b"\0", b""])
    assert decoded(jpeg.content()) is None
