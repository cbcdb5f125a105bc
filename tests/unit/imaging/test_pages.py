"""TIFFs of several pages, and files of several pictures that are no frames."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin
from tests.unit.imaging.test_animation import BOX, SIZE, count_of, cropped, saved, scene, shown

from marscrop.errors import LimitError
from marscrop.geometry import Size
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.formats import register_heif
from marscrop.imaging.photo import open_photo
from marscrop.imaging.read_options import ReadOptions
from marscrop.imaging.tiff_directory import TiffReader
from marscrop.imaging.tiff_pages import joined


def page(image: Image.Image, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "TIFF", **options)
    return buffer.getvalue()


def pages(content: bytes) -> list[tuple[str, tuple[int, int], bytes]]:
    found = []
    with Image.open(io.BytesIO(content)) as image:
        count = count_of(image)
    for index in range(count):
        with Image.open(io.BytesIO(content)) as image:  # old Pillow keeps a palette it passed
            image.seek(index)
            image.load()
            found.append((image.mode, image.size, image.tobytes()))
    return found


MODES = ["RGB", "L", "1", "CMYK", "RGBA", "I;16", "P"]


def in_mode(seed: int, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(scene(seed).convert("L")).astype(np.uint16) * 257 + seed)
    return scene(seed).quantize(60) if mode == "P" else scene(seed).convert(mode)


def test_each_page_is_cropped_in_its_own_mode() -> None:
    images = [in_mode(seed, mode) for seed, mode in enumerate(MODES)]
    content = joined([page(image) for image in images])
    file = CropFiles(open_photo(content)).encode(BOX, "crop.tif")
    assert file.losses == ()
    expected = [(image.mode, BOX.size, image.crop(BOX).tobytes()) for image in images]
    assert pages(file.content) == expected


def test_libtiff_reads_all_pages(tmp_path: Path) -> None:
    if shutil.which("tiffinfo") is None:
        pytest.skip("needs the program tiffinfo")
    content = saved("TIFF", [scene(i) for i in range(3)])
    path = tmp_path / "crop.tif"
    CropFiles(open_photo(content)).write(BOX, path)
    done = subprocess.run(["tiffinfo", "-D", path], capture_output=True, check=True, text=True)
    assert done.stdout.count(f"Image Width: {BOX.size.width}") == 3
    assert "Warning" not in done.stderr


def test_pages_of_other_sizes_are_left_out_and_named() -> None:
    sizes = [(64, 48), (64, 48), (32, 24), (64, 48), (48, 64)]
    content = joined([page(Image.new("RGB", size, (i, 9, 9))) for i, size in enumerate(sizes)])
    _, file = cropped(content, ".tif")
    assert file.losses == ("pages 2 (32 x 24), 4 (48 x 64) left out: not 64 x 48, as the first is",)
    assert [pixels[0] for _, _, pixels in pages(file.content)] == [0, 1, 3]
    photo = open_photo(content, read=ReadOptions(frame=4))
    assert (photo.size, photo.losses) == (Size(48, 64), ())


def test_pages_that_are_turned_count_as_they_are_seen() -> None:
    turned = scene(1).transpose(Image.Transpose.ROTATE_90)
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[274] = 6  # the stored picture is to be turned clockwise
    content = joined([page(scene(0)), page(turned, tiffinfo=tags)])
    found, file = cropped(content, ".tif")
    assert file.losses == ()
    expected = [np.asarray(scene(i).crop(BOX).convert("RGBA")) for i in range(2)]
    assert all((one == other).all() for one, other in zip(found, expected, strict=True))


def test_pages_count_against_the_limit_of_pixels() -> None:
    content = saved("TIFF", [scene(i) for i in range(3)])
    most = 3 * SIZE[0] * SIZE[1]
    assert open_photo(content, max_pixels=most).size == SIZE
    with pytest.raises(LimitError, match=r"has 9,216 pixels \(3 pages of 64 x 48\), more than"):
        open_photo(content, max_pixels=most - 1)
    assert open_photo(content, max_pixels=most - 1, read=ReadOptions(frame=2)).size == SIZE


@pytest.mark.parametrize("first", [True, False])
def test_a_reduced_copy_is_no_page(first: bool) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    parts = [page(Image.new("RGB", (16, 12)), tiffinfo=tags), page(scene(0))]
    content = joined(parts if first else parts[::-1])
    photo = open_photo(content)
    assert photo.size == SIZE
    found, file = cropped(content, ".tif")
    assert file.losses == ()
    assert (found[0] == np.asarray(scene(0).crop(BOX).convert("RGBA"))).all()


def test_what_holds_one_page_has_the_first_and_says_so() -> None:
    content = saved("TIFF", [scene(i) for i in range(3)])
    for suffix, name in ((".png", "PNG"), (".jpg", "JPEG"), (".gif", "GIF")):
        found, file = cropped(content, suffix)
        assert len(found) == 1
        assert file.losses == (f"only the first of 3 pages is kept, as {name} holds one picture",)


def test_a_page_alone_is_a_still() -> None:
    content = saved("TIFF", [scene(i) for i in range(3)])
    photo = open_photo(content, read=ReadOptions(frame=2))
    file = CropFiles(photo).encode(BOX, "crop.tif")
    assert file.losses == ()
    (only,) = shown(file.content)
    assert (only == np.asarray(scene(2).crop(BOX).convert("RGBA"))).all()


def test_a_chain_of_pages_that_bites_its_tail_ends() -> None:
    content = bytearray(saved("TIFF", [scene(0), scene(1)]))
    tiff = TiffReader(io.BytesIO(content))
    last = tiff.directory(tiff.next(tiff.directory(tiff.first)))
    content[last.end : last.end + 4] = tiff.first.to_bytes(4, "little")
    assert len(open_photo(bytes(content)).frames.indices) == 2


def test_the_second_picture_of_a_jpeg_is_no_frame() -> None:
    content = saved("MPO", [scene(0), scene(1)])
    photo = open_photo(content)
    assert photo.frames.is_still
    losses = CropFiles(photo).encode(BOX, "crop.jpg").losses
    assert losses == ("further pictures in the file (MPF) are not kept",)


def test_of_an_album_the_main_picture_is_taken_and_the_others_named() -> None:
    if not register_heif():
        pytest.skip("needs the extra heic")
    content = saved("HEIF", [scene(i) for i in range(3)], primary_index=1)
    photo = open_photo(content)
    assert photo.losses == ("of 3 pictures only the main one is kept",)
    main = np.asarray(photo.upright().convert("RGB")).astype(int)
    assert np.abs(main - np.asarray(scene(1))).mean() < 8
    for frame in range(3):
        other = open_photo(content, read=ReadOptions(frame=frame))
        assert other.losses == ()
        pixels = np.asarray(other.upright()).astype(int)
        assert np.abs(pixels - np.asarray(scene(frame))).mean() < 8
