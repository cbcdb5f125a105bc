"""Progressive JPEGs at an eighth: libjpeg's pixels, or left to it."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile
from tests.unit.imaging.jpeg.crafted import JFIF, segment
from tests.unit.imaging.jpeg.progressive_files import Progressive, Script, drawn_script
from tests.unit.imaging.jpeg.reading import PLENTY, expected
from tests.unit.imaging.pictures import Pixels, encoded, exif_with, smooth

from marscrop import native
from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.jpeg import progressive
from marscrop.imaging.jpeg.markers import APP0, APP14, DQT, EOI, SOS, marker
from marscrop.imaging.jpeg.progressive_header import read_scans
from marscrop.imaging.photo import open_photo

SAMPLINGS = {
    "grey": [(1, 1)],
    "odd grey": [(2, 2)],
    "4:4:4": [(1, 1)] * 3,
    "4:2:2": [(2, 1), (1, 1), (1, 1)],
    "4:2:0": [(2, 2), (1, 1), (1, 1)],
}


@pytest.fixture(autouse=True, scope="module")
def _built() -> None:
    if native.library() is None:
        pytest.skip("the native functions are not built here")


def decoded(content: bytes, most_bytes: int = PLENTY) -> Pixels | None:
    image: Any = formats.identify(io.BytesIO(content))
    found = progressive.decode(image, Size(*image.size), most_bytes)
    return None if found is None else np.asarray(found)


def assert_same(content: bytes) -> None:
    found = decoded(content)
    assert found is not None
    np.testing.assert_array_equal(found, expected(content))


@pytest.fixture(autouse=True)
def _room_to_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow guesses how long a file becomes, and errs with grain."""
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1 << 24)


def grainy(width: int, height: int) -> Image.Image:
    pixels = smooth(width, height).astype(int)
    pixels += np.random.default_rng(0).integers(-40, 41, (height, width, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(8, 8), (17, 33), (640, 480), (1001, 777)])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "grey"])
def test_pixels_are_libjpegs(sampling: str, size: tuple[int, int]) -> None:
    image = grainy(*size)
    for quality in (1, 30, 75, 90, 100):
        if sampling == "grey":
            content = encoded(image.convert("L"), "JPEG", quality=quality, progressive=True)
        else:
            content = encoded(
                image, "JPEG", quality=quality, progressive=True, subsampling=sampling
            )
        assert_same(content)


@pytest.mark.parametrize("options", [{"restart_marker_blocks": 7}, {"restart_marker_rows": 1}])
@pytest.mark.parametrize("sampling", ["4:2:0", "4:4:4"])
def test_restart_markers(options: dict[str, int], sampling: str) -> None:
    assert_same(
        encoded(grainy(333, 200), "JPEG", progressive=True, subsampling=sampling, **options)
    )


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("seed", range(12))
def test_scans_of_any_script(sampling: str, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    size = chance.choice([(8, 8), (9, 17), (40, 24), (100, 63)])
    factors = SAMPLINGS[sampling]
    jpeg = Progressive(size, factors, drawn_script(len(factors), chance), seed % 3 * 5)
    jpeg.draw(seed)
    assert_same(jpeg.content())


def plain(sampling: str = "4:2:0", *, seed: int = 0) -> Progressive:
    """One that is read, in scans of all bits."""
    factors = SAMPLINGS[sampling]
    script = [Script(tuple(range(len(factors))), 0, 0, 0, 0)]
    script += [Script((i,), 1, 63, 0, 0) for i in range(len(factors))]
    jpeg = Progressive((40, 24), factors, script)
    jpeg.draw(seed)
    return jpeg


@pytest.mark.parametrize(
    "script",
    [
        [Script((0,), 0, 0, 0, 0)],
        [Script((0,), 0, 0, 0, 1), Script((0,), 1, 63, 0, 0)],
        [Script((0,), 0, 0, 0, 0), Script((0,), 1, 63, 0, 1)],
        [Script((0,), 0, 0, 0, 0), Script((0,), 1, 62, 0, 0)],
        [Script((0,), 1, 63, 0, 0), Script((0,), 0, 0, 0, 0)],
        [Script((0,), 0, 0, 0, 0), Script((0,), 1, 63, 0, 0), Script((0,), 1, 5, 0, 0)],
        [Script((0,), 0, 0, 2, 1), Script((0,), 0, 0, 1, 0), Script((0,), 1, 63, 0, 0)],
        [Script((0,), 0, 0, 0, 2), Script((0,), 0, 0, 1, 0), Script((0,), 1, 63, 0, 0)],
        [Script((0,), 0, 0, 0, 2), Script((0,), 0, 0, 2, 0), Script((0,), 1, 63, 0, 0)],
        [Script((0,), 0, 5, 0, 0), Script((0,), 6, 63, 0, 0)],
        [Script((0,), 0, 0, 0, 0), Script((0,), 5, 3, 0, 0), Script((0,), 1, 63, 0, 0)],
        [Script((0,), 0, 0, 0, 14), Script((0,), 1, 63, 0, 0)],
    ],
    ids=[
        "no AC",
        "a bit of DC missing",
        "a bit of AC missing",
        "a coefficient missing",
        "AC before DC",
        "a coefficient twice",
        "refined at first",
        "a bit skipped",
        "two bits at once",
        "DC and AC together",
        "backwards",
        "too low",
    ],
)
def test_scans_that_do_not_add_up_are_left_to_libjpeg(script: list[Script]) -> None:
    jpeg = plain("grey")
    jpeg.script = script
    assert decoded(jpeg.content()) is None


def changed(content: bytes, kind: str) -> bytes:
    scans = [i for i in range(len(content)) if content[i : i + 2] == b"\xff\xda"]
    if kind == "cut":
        return content[: len(content) // 2]
    if kind == "no end":
        return content[:-2]
    if kind == "data missing":
        return content[: scans[1] - 9] + content[scans[1] :]
    if kind == "data too many":
        return content[: scans[1]] + bytes(9) + content[scans[1] :]
    if kind == "a restart marker":
        return content[: scans[1]] + b"\xff\xd0" + content[scans[1] :]
    if kind == "steps of 0":
        return content.replace(b"\2" * 64, b"\0" * 64)
    if kind == "steps of 16 bits":
        steps = b"\xff\xdb\0\x83\x10" + b"\0\2" * 64
        start = content.index(marker(DQT))
        return content[:start] + steps + content[start + 69 :]
    if kind == "an unknown component":
        return content[: scans[0] + 5] + b"\7" + content[scans[0] + 6 :]
    if kind == "no such table":
        return content[: scans[1] + 6] + b"\3" + content[scans[1] + 7 :]
    assert kind == "another table, that is none"
    return content[: scans[1]] + b"\xff\xc4\0\x16\x10\3" + bytes(15) + b"abc" + content[scans[1] :]


@pytest.mark.parametrize(
    "kind",
    [
        *("cut", "no end", "data missing", "data too many", "a restart marker", "steps of 0"),
        *("steps of 16 bits", "an unknown component", "no such table"),
        "another table, that is none",
    ],
)
@pytest.mark.parametrize("sampling", ["4:2:0", "grey"])
def test_what_is_damaged_or_unusual_is_left_to_libjpeg(kind: str, sampling: str) -> None:
    content = plain(sampling).content()
    assert_same(content)
    image: Any = formats.identify(io.BytesIO(content))
    image.fp = io.BytesIO(changed(content, kind))
    assert progressive.decode(image, Size(*image.size), PLENTY) is None


def test_of_damaged_bytes_never_other_pixels_than_libjpegs() -> None:
    draw = np.random.default_rng(2)
    answered = 0
    for seed in range(8):
        content = plain(seed=seed).content()
        header_end = content.index(marker(SOS)) + 14  # which Pillow reads itself
        for _ in range(60):
            bad = bytearray(content)
            for _ in range(draw.integers(1, 4)):
                bad[draw.integers(header_end, len(bad) - 2)] = draw.integers(0, 256)
            found = decoded(bytes(bad))
            if found is not None:
                answered += 1
                np.testing.assert_array_equal(found, expected(bytes(bad)))
    assert answered > 40  # where luma's AC coefficients were hit, which nobody looks at


def test_a_header_alone_makes_nobody_allocate(monkeypatch: pytest.MonkeyPatch) -> None:
    def allocate(*args: Any) -> None:
        raise AssertionError("memory for what the data cannot hold")

    content = plain("grey").content().replace(b"\x00\x18\x00\x28", b"\xff\xdc\xff\xdc")
    image: Any = formats.identify(io.BytesIO(content))
    monkeypatch.setattr(np, "zeros", allocate)
    assert progressive.decode(image, Size(0xFFDC, 0xFFDC), 1 << 40) is None


def test_memory_is_bounded() -> None:
    content = plain().content()
    scans = [scan.end - scan.start for scan in read_scans(content).scans]
    del scans[1]  # luma's AC coefficients, which nobody copies
    need = len(content) + int(progressive._BYTES_A_PIXEL * 40 * 24) + max(scans)
    assert decoded(content, need) is not None
    assert decoded(content, need - 1) is None


@pytest.mark.parametrize("where", ["before a scan", "before the end"])
@pytest.mark.parametrize(
    "late", [segment(APP0, JFIF), segment(APP14, b"Adobe\0\x64\0\0\0\0\1")], ids=["JFIF", "Adobe"]
)
def test_colours_are_known_by_the_first_scan(where: str, late: bytes) -> None:
    content = plain("4:4:4").content()
    content = content.replace(
        segment(APP0, JFIF), segment(APP14, b"Adobe\0\x64\0\0\0\0\0")
    )  # RGB, which is left to libjpeg
    place = content.rindex(marker_at(where))
    assert decoded(content[:place] + late + content[place:]) is None


def marker_at(where: str) -> bytes:
    return marker(SOS) if where == "before a scan" else marker(EOI)


@pytest.mark.parametrize(("side", "is_read"), [(65500, True), (65501, False)])
def test_libjpegs_limit_of_a_side(side: int, is_read: bool) -> None:
    jpeg = plain("grey")
    jpeg.size, jpeg.coefficients = (side, 8), []
    jpeg.draw(0)
    content = jpeg.content()
    image: Any = formats.identify(io.BytesIO(plain("grey").content()))
    image.fp = io.BytesIO(content)
    assert (progressive.decode(image, Size(side, 8), PLENTY) is not None) == is_read


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("sampling", ["4:2:0", "4:4:4"])
def test_a_photo_is_seen_as_without_the_parts_in_c(
    sampling: str, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = encoded(
        grainy(1203, 901),
        "JPEG",
        progressive=True,
        subsampling=sampling,
        exif=exif_with(orientation),
    )
    photo = open_photo(content + b"more" + marker(EOI))
    size = Size(72, 54) if orientation == 1 else Size(54, 72)
    seen = photo.analysis_rgb(size)
    monkeypatch.setattr(native, "library", lambda: None)
    np.testing.assert_array_equal(photo.analysis_rgb(size), seen)
