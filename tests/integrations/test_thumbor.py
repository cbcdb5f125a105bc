"""The detector inside a real thumbor, asked over HTTP."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFile

from marscrop import Cropper

pytest.importorskip("thumbor", reason="thumbor is not installed: scripts/install-dev brings it")
Get = Callable[[str], Image.Image]

pytestmark = pytest.mark.filterwarnings("ignore")  # thumbor's own


@pytest.fixture(scope="module", autouse=True)
def pillow_as_before() -> Iterator[None]:
    """thumbor tells Pillow, for the whole process, to fill up truncated files, and a limit."""
    truncated, limit = ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS
    yield
    ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = truncated, limit


@pytest.fixture(scope="module")
def get(examples: Path) -> Get:
    """From a path to the picture that thumbor answers with."""
    return served(examples)


def served(folder: Path, **settings: Any) -> Get:
    """The answers of a thumbor that serves a folder."""
    from thumbor.app import ThumborServiceApp
    from thumbor.config import Config
    from thumbor.context import Context, ServerParameters
    from thumbor.importer import Importer
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

    config = Config(
        ALLOW_UNSAFE_URL=True,
        DETECTORS=["marscrop.integrations.thumbor"],
        LOADER="thumbor.loaders.file_loader",
        FILE_LOADER_ROOT_PATH=str(folder),
        OPTIMIZERS=[],
        **{"STORAGE": "thumbor.storages.no_storage", **settings},
    )
    importer = Importer(config)
    importer.import_modules()
    server = ServerParameters(0, "127.0.0.1", "", None, "error", None)
    app = ThumborServiceApp(Context(server, config, importer))

    async def ask(path: str) -> Image.Image:
        (socket,) = bind_sockets(0, "127.0.0.1")
        http = HTTPServer(app)
        http.add_socket(socket)
        try:
            url = f"http://127.0.0.1:{socket.getsockname()[1]}/unsafe/{path}"
            answer = await SimpleAsyncHTTPClient(force_instance=True).fetch(url, request_timeout=60)
        finally:
            http.stop()
        return Image.open(io.BytesIO(answer.body)).convert("RGB")

    return lambda path: asyncio.run(ask(path))


@pytest.mark.parametrize(("size", "ratio"), [("200x200", "1:1"), ("90x160", "9:16")])
def test_smart_crop_is_ours(
    size: str, ratio: str, get: Get, cropper: Cropper, examples: Path
) -> None:
    found = get(f"{size}/smart/filters:format(png)/rocket.jpg")
    box = cropper.crop(examples / "rocket.jpg", ratio)[0].box
    with Image.open(examples / "rocket.jpg") as photo:
        expected = photo.convert("RGB").crop(box).resize(found.size, Image.Resampling.LANCZOS)
    assert found.size == tuple(map(int, size.split("x")))
    difference = np.abs(np.asarray(found, float) - np.asarray(expected, float)).mean()
    assert difference < 3  # of 255: thumbor's own resize


@pytest.mark.parametrize("path", ["200x0/smart/rocket.jpg", "100x100/rocket.jpg"])
def test_other_requests_are_left_to_thumbor(path: str, get: Get) -> None:
    assert get(path).width == int(path.split("x")[0])


def test_crop_of_the_url_goes_first(get: Get, examples: Path) -> None:
    found = get("0x0:100x100/100x100/smart/filters:format(png)/rocket.jpg")
    with Image.open(examples / "rocket.jpg") as photo:
        expected = photo.convert("RGB").crop((0, 0, 100, 100))
    assert np.abs(np.asarray(found, float) - np.asarray(expected, float)).mean() < 3


def likeness(found: Image.Image, photo: Image.Image, box: tuple[int, int, int, int]) -> float:
    """The mean difference of an answer from a box of a photo, 0..255."""
    expected = photo.crop(box).resize(found.size, Image.Resampling.LANCZOS)
    return float(np.abs(np.asarray(found, float) - np.asarray(expected, float)).mean())


def test_an_editors_focal_point_wins(get: Get, examples: Path) -> None:
    found = get("200x200/smart/filters:focal(600x0:640x40):format(png)/rocket.jpg")
    with Image.open(examples / "rocket.jpg") as image:
        photo = image.convert("RGB")
    # thumbor's own crop around it: the largest one, as far to the right as there is.
    assert likeness(found, photo, (213, 0, 640, 427)) < 3


def test_focal_points_in_the_storage_win(examples: Path, tmp_path: Path) -> None:
    photos, storage = tmp_path / "photos", tmp_path / "storage"
    photos.mkdir()
    (photos / "rocket.jpg").write_bytes((examples / "rocket.jpg").read_bytes())
    get = served(
        photos, STORAGE="thumbor.storages.file_storage", FILE_STORAGE_ROOT_PATH=str(storage)
    )
    path = "200x200/smart/filters:format(png)/rocket.jpg"
    get(path.replace("smart/", ""))  # so that the storage knows the photo
    (stored,) = (file for file in storage.rglob("*") if file.is_file())
    point = {"x": 630, "y": 200, "z": 1, "height": 1, "width": 1, "origin": "alignment"}
    points = stored.with_suffix("") if stored.suffix else stored
    Path(f"{points}.detectors.txt").write_text(json.dumps([point]))
    with Image.open(examples / "rocket.jpg") as image:
        photo = image.convert("RGB")
    assert likeness(get(path), photo, (213, 0, 640, 427)) < 3


@pytest.mark.parametrize("respected", [False, True])
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_box_is_one_of_the_pixels_that_thumbor_cuts(
    orientation: int, respected: bool, cropper: Cropper, examples: Path, tmp_path: Path
) -> None:
    with Image.open(examples / "rocket.jpg") as image:
        stored = image.convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.jpg", quality=95, exif=exif)
    with Image.open(tmp_path / "turned.jpg") as image:
        stored = image.convert("RGB")
    turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270}
    turn = turns.get(orientation, Image.Transpose.ROTATE_90)
    seen = stored.transpose(turn) if respected else stored
    seen.info.clear()
    found = served(tmp_path, RESPECT_ORIENTATION=respected)(
        "90x160/smart/filters:format(png)/turned.jpg"
    )
    assert likeness(found, seen, cropper.crop(np.asarray(seen), "9:16")[0].box) < 4
