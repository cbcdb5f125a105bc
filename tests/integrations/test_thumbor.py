"""The detector inside a real thumbor, asked over HTTP."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from pathlib import Path

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
        FILE_LOADER_ROOT_PATH=str(examples),
        STORAGE="thumbor.storages.no_storage",
        OPTIMIZERS=[],
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
