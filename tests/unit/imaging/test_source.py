"""What a photo can be given as, and what is said where it cannot be read."""

from __future__ import annotations

import errno
import io
import os
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image
from tests.unit.imaging.pictures import (
    assert_corners,
    difference,
    encoded,
    exif_with,
    in_mode,
    smooth,
    stored_as,
)

from marscrop import files
from marscrop.errors import ImageError
from marscrop.geometry import Size
from marscrop.imaging import formats
from marscrop.imaging.photo import open_photo

FILE_FORMATS = ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"]


@pytest.fixture
def opened_files(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The files of photos, as they are opened."""
    found: list[Any] = []

    def spy(*arguments: Any, **options: Any) -> Any:
        found.append(open(*arguments, **options))  # noqa: PTH123, SIM115 - in its place
        return found[-1]

    monkeypatch.setattr(files, "open", spy, raising=False)
    return found


def test_all_kinds_of_source_give_the_same_pixels(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    scene.save(path)
    with path.open("rb") as file:
        photos = [
            open_photo(source)
            for source in (
                *(str(path), path, path.read_bytes(), file, io.BytesIO(path.read_bytes())),
                *(scene, np.asarray(scene), np.asarray(scene)[:, ::-1][:, ::-1]),
            )
        ]
    names = [photo.name for photo in photos]
    first = photos[0].analysis_rgb(Size(50, 30))

    assert names[:4] == [str(path), str(path), "<bytes>", "<file object>"]
    assert names[4:] == ["<file object>", "<PIL image>", "<array>", "<array>"]
    assert [photo.format for photo in photos] == ["PNG"] * 5 + [None] * 3
    for photo in photos:
        assert photo.size == Size(201, 135)
        assert (photo.analysis_rgb(Size(50, 30)) == first).all()
        assert difference(photo.upright(), scene) == 0


def test_a_file_object_is_read_from_where_it_stands(scene: Image.Image) -> None:
    file = io.BytesIO(b"header" + encoded(scene, "PNG"))
    file.seek(6)
    photo = open_photo(file)
    file.close()
    assert difference(photo.upright(), scene) == 0


def open_descriptors() -> int:
    folder = Path("/proc/self/fd")  # Linux; elsewhere the ResourceWarning has to do
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_path_is_opened_afresh_and_closed(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scene.tif"
    scene.save(path, save_all=True, append_images=[scene])
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        before = open_descriptors()
        photo = open_photo(path)
        photo.analysis_rgb(Size(20, 10))
        image = photo.upright()
        assert open_descriptors() == before
    assert image.size == (201, 135)
    path.unlink()
    with pytest.raises(ImageError, match=r"scene\.tif: no such file$"):
        photo.upright()


@pytest.mark.parametrize("container", ["JPEG", "WEBP", "PNG"])
def test_a_file_that_is_held_open_is_closed_once_it_is_decoded(
    container: str, scene: Image.Image, tmp_path: Path, opened_files: list[Any]
) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(scene, container))
    expected = open_photo(path).analysis_rgb(Size(64, 48))
    opened_files.clear()
    photo = open_photo(path, hold=True)
    for _ in range(2):
        assert np.array_equal(photo.analysis_rgb(Size(64, 48)), expected)
        assert all(file.closed for file in opened_files)
    photo.release()
    assert len(opened_files) == (3 if container == "PNG" else 2)


def test_a_file_that_is_held_in_vain_is_closed(
    scene: Image.Image, tmp_path: Path, opened_files: list[Any]
) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(scene, "JPEG"))
    photo = open_photo(path, hold=True)
    assert [file.closed for file in opened_files] == [False]
    path.write_bytes(b"another")
    photo.release()
    assert [file.closed for file in opened_files] == [True]
    with pytest.raises(ImageError, match="has changed since it was opened"):
        photo.upright()


def test_a_file_that_changes_while_it_is_held_is_refused(
    scene: Image.Image, tmp_path: Path, opened_files: list[Any]
) -> None:
    path = tmp_path / "photo"
    path.write_bytes(encoded(scene, "JPEG"))
    photo = open_photo(path, hold=True)
    with path.open("ab") as file:
        file.write(b"more")
    with pytest.raises(ImageError, match="has changed since it was opened"):
        photo.analysis_rgb(Size(64, 48))
    assert all(file.closed for file in opened_files)


def test_a_file_that_changed_its_size_is_refused(scene: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "scene.png"
    scene.save(path)
    photo = open_photo(path)
    scene.resize((400, 400)).save(path)
    with pytest.raises(ImageError, match=r"has changed since it was opened$"):
        photo.analysis_rgb(Size(20, 10))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_a_path_too(scene: Image.Image, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = encoded(scene, "PNG")
    writer = threading.Thread(target=pipe.write_bytes, args=(content,))
    writer.start()
    photo = open_photo(pipe)
    writer.join()
    assert difference(photo.upright(), scene) == difference(photo.upright(), scene) == 0


def test_an_array_is_neither_copied_nor_changed(scene: Image.Image) -> None:
    array = np.array(scene)
    array.setflags(write=False)
    original = array.copy()
    photo = open_photo(array)
    photo.upright().paste("black", (0, 0, 50, 50))
    photo.analysis_rgb(Size(64, 64))
    assert (array == original).all()

    array.setflags(write=True)
    array[:] = 7
    assert photo.upright().getpixel((0, 0)) == (7, 7, 7)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("mode", ["RGB", "P", "RGBA", "I;16"])
def test_a_pil_image_is_not_changed(corners: Image.Image, mode: str, orientation: int) -> None:
    image = in_mode(stored_as(corners, orientation), mode)
    image.info["transparency"] = bytes(range(256)) if mode == "P" else None
    image.info = {key: value for key, value in image.info.items() if value is not None}
    image.info["comment"] = "kept"
    image.getexif()[ExifTags.Base.Orientation] = orientation
    size, pixels, info = image.size, image.tobytes(), dict(image.info)
    palette = image.im.getpalettemode() if mode == "P" else None

    photo = open_photo(image)
    photo.analysis_rgb(Size(12, 8))
    upright = photo.upright()
    upright.paste(0, (0, 0, 10, 10))

    assert upright.size == photo.size == Size(48, 32)
    assert (image.size, image.mode, image.info) == (size, mode, info)
    assert image.tobytes() == pixels
    assert image.getexif()[ExifTags.Base.Orientation] == orientation
    assert (image.im.getpalettemode() if mode == "P" else None) == palette


def test_an_upright_pil_image_is_not_shared(corners: Image.Image) -> None:
    open_photo(corners).upright().paste("black", (0, 0, 48, 32))
    assert_corners(corners)


def test_a_pil_image_opened_from_a_file_is_not_drafted(tmp_path: Path) -> None:
    path = tmp_path / "big.jpg"
    Image.fromarray(smooth(800, 600)).save(path)
    with Image.open(path) as image:
        photo = open_photo(image)
        photo.analysis_rgb(Size(80, 60))
        assert photo.format is None
        assert image.size == photo.upright().size == (800, 600)


def test_a_png_that_is_not_loaded_yet_still_can_be(scene: Image.Image) -> None:
    with Image.open(io.BytesIO(encoded(scene, "PNG"))) as image:
        open_photo(image)
        assert difference(image, scene) == 0


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("loaded", [False, True])
def test_a_tiff_given_as_pil_image_is_turned_once(
    corners: Image.Image, orientation: int, loaded: bool
) -> None:
    tiff = encoded(stored_as(corners, orientation), "TIFF", exif=exif_with(orientation))
    with Image.open(io.BytesIO(tiff)) as image:
        if loaded:
            image.load()
        photo = open_photo(image)
        assert photo.size == Size(48, 32)
        assert_corners(photo.analysis_rgb(Size(24, 16)))
        assert_corners(photo.upright())


def test_files_that_are_no_photos(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "notes.jpg").write_text("shopping list")
    (tmp_path / "vector.eps").write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    known = "JPEG, PNG, WEBP, AVIF, HEIF, TIFF, GIF, BMP, JPEG2000, PPM, PSD, JXL"
    for name, message in {
        "missing.jpg": "no such file",
        "notes.jpg/inner.jpg": "no such file",
        "": "is a folder, expected an image file",
        "empty.jpg": "is empty",
        "notes.jpg": f"is not an image of a known format ({known})",
        "vector.eps": f"is not an image of a known format ({known})",
    }.items():
        path = tmp_path / name
        with pytest.raises(ImageError) as caught:
            open_photo(path)
        assert str(caught.value) == f"{path}: {message}"


def test_permission_denied(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret.png"
    scene.save(path)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)  # chmod does not keep root out
    with pytest.raises(ImageError, match=r"secret\.png: permission denied$"):
        open_photo(path)


ARRAY = "a uint8 array of shape (height, width), or (height, width, 1, 3 or 4)"
SOURCES = "a path, bytes, a binary file object, a PIL image or " + ARRAY


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "<bytes>: is empty"),
        (io.BytesIO(), "<file object>: is empty"),
        ("", "'': no such file"),
        ("/dev/null", "/dev/null: is no regular file, expected an image file"),
        (
            io.StringIO("text"),
            "<file object>: must be opened in binary mode; reading it gave str",
        ),
        (
            None,
            f"<NoneType>: expected {SOURCES}; got NoneType",
        ),
        (
            np.zeros((4,), np.uint8),
            f"<array>: expected {ARRAY}; got shape (4,), dtype uint8",
        ),
        (
            np.zeros((4, 5, 3), np.float32),
            f"<array>: expected {ARRAY}; got shape (4, 5, 3), dtype float32",
        ),
        (
            np.zeros((4, 5, 2), np.uint8),
            f"<array>: expected {ARRAY}; got shape (4, 5, 2), dtype uint8",
        ),
        (np.zeros((0, 5, 3), np.uint8), "<array>: has no pixels; its shape is (0, 5, 3)"),
        (Image.new("RGB", (0, 5)), "<PIL image>: has no pixels; its size is 0 x 5"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_sources_that_are_no_photos(source: Any, message: str) -> None:
    with pytest.raises(ImageError) as caught:
        open_photo(source)
    assert str(caught.value) == message


@pytest.mark.parametrize("container", [*FILE_FORMATS, "GIF", "BMP", "PPM", "JPEG2000", "HEIF"])
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_a_file_cut_anywhere_is_an_image_error(scene: Image.Image, container: str) -> None:
    if container == "HEIF":
        pytest.importorskip("pillow_heif")
        formats.register_heif()
    content = encoded(scene, container)
    for share in (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95):
        cut = content[: max(1, int(len(content) * share))]
        with pytest.raises(ImageError, match=r"^<bytes>: (is|cannot) [^\n]+$"):
            open_photo(cut).upright()
        with pytest.raises(ImageError, match=r"^<bytes>: (is|cannot) [^\n]+$"):
            open_photo(cut).analysis_rgb(Size(16, 16))


@pytest.mark.parametrize("container", [*FILE_FORMATS, "GIF", "BMP", "JPEG2000"])
@pytest.mark.filterwarnings("ignore")
def test_damaged_bytes_raise_nothing_but_image_errors(scene: Image.Image, container: str) -> None:
    content = encoded(scene.resize((50, 40)), container)
    rng = np.random.default_rng(0)
    for _ in range(25):
        damaged = bytearray(content)
        for position in rng.integers(0, len(content), 12):
            damaged[position] = rng.integers(256)
        with suppress(ImageError):
            photo = open_photo(bytes(damaged), max_pixels=1_000_000)
            photo.analysis_rgb(Size(16, 16))
            photo.upright()
