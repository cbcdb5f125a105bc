"""What is raised while a photo is read, and is no fault of the photo."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from tests.unit.imaging.pictures import crop_bytes, encoded

from marscrop.errors import ImageError, MarscropError
from marscrop.geometry import Box, Size
from marscrop.imaging import destination, strips
from marscrop.imaging.foreign import foreign
from marscrop.imaging.photo import open_photo

needs_alarms = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has none")

ROUNDS = 100


class TooLateError(Exception):
    """A program's own, for its time limit."""


class TooLateForIoError(OSError):
    """The same, of a kind that decoders raise too."""


@contextmanager
def alarms(raised: BaseException) -> Iterator[None]:
    """A handler of SIGALRM that raises, as long as the block lasts."""

    def handle(number: int, frame: FrameType | None) -> None:
        raise type(raised)(*raised.args)

    before = signal.signal(signal.SIGALRM, handle)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def read(content: bytes) -> None:
    photo = open_photo(content)
    photo.analysis_rgb(Size(64, 48))
    box = Box(0, 0, 60, 40)
    if photo.by_strips:
        list(photo.strips(box))
    else:
        crop_bytes(photo.upright(), box, "crop.jpg")


@needs_alarms
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in finalizers
@pytest.mark.parametrize(
    ("container", "raised"),
    [
        *((container, TooLateError()) for container in ("JPEG", "PNG", "TIFF", "WEBP")),
        # Not of TIFF: in its header, Pillow makes a warning of each OSError.
        *((container, TooLateForIoError("late")) for container in ("JPEG", "PNG")),
        *((container, TimeoutError()) for container in ("JPEG", "PNG")),
        ("PNG by libvips", TooLateError()),
    ],
)
def test_a_signal_handlers_exception_is_seen_wherever_it_comes(
    scene: Image.Image, container: str, raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    container, _, by_libvips = container.partition(" by ")
    if by_libvips:
        monkeypatch.setattr(strips, "LARGE_PX", 100)
    content = encoded(scene, container)
    moments = random.Random(0)  # noqa: S311 - no secret
    came: Counter[str] = Counter()
    read(content)  # nothing is left to import
    with alarms(raised):
        for _ in range(ROUNDS):
            try:
                signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, 4e-3))
                for _ in range(1000):
                    read(content)
            except BaseException as error:
                came[repr(error)] += 1
    assert set(came) == {repr(raised)}
    assert came.total() > 0.9 * ROUNDS  # some come in finalizers, or where Pillow drops all


class Broken:
    """A function that raises."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise self.error


def disguised(error: BaseException) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise SyntaxError("not a PNG file") from error

    return fail


FOREIGN = [
    TooLateError(),
    TooLateForIoError("late"),
    TimeoutError("late"),
    Exception("late"),
    KeyboardInterrupt(),
    MemoryError(),
]


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_what_is_not_of_the_photo_passes(
    scene: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    content = encoded(scene.convert("P"), "PNG")  # which Pillow decodes
    photo = open_photo(content)
    upright = photo.upright()
    with monkeypatch.context() as patch:
        patch.setattr(PngImagePlugin.PngImageFile, "load_prepare", Broken(error))
        with pytest.raises(type(error)):
            photo.upright()
    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "getexif", Broken(error))
        with pytest.raises(type(error)):
            open_photo(content)
    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "save", Broken(error))
        with pytest.raises(type(error)):
            crop_bytes(upright, Box(0, 0, 9, 9), "crop.png")
    with pytest.raises(type(error)), destination.whole_file(tmp_path / "crop.png"):
        raise error


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_what_pillow_turns_into_an_error_of_its_own_passes(
    scene: Image.Image, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    content = encoded(scene, "PNG")
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "_open", disguised(error))
    with pytest.raises(type(error)):
        open_photo(content)


def test_errors_of_marscrop_stay_what_they_are(
    scene: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = open_photo(encoded(scene.convert("P"), "PNG"))
    monkeypatch.setattr(
        PngImagePlugin.PngImageFile, "load_prepare", Broken(MarscropError("stopped"))
    )
    with pytest.raises(MarscropError, match=r"^stopped$") as caught:
        photo.upright()
    assert not isinstance(caught.value, ImageError)


@pytest.mark.parametrize(
    "error", [OSError("broken data stream"), ValueError("bad"), TimeoutError(110, "timed out")]
)
def test_what_decoders_and_the_system_raise_is_of_the_file(error: Exception) -> None:
    assert foreign(error) is None


def test_a_writer_in_c_loses_no_interrupt() -> None:
    class Interrupted(io.BytesIO):
        def write(self, data: Any) -> int:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), strips.Target(Interrupted()) as target:
        assert target.write(b"x") == -1


@needs_alarms
@pytest.mark.parametrize("seconds", [0.005, 0.02, 0.05])
def test_libvips_is_loaded_whole_whatever_comes_meanwhile(seconds: float) -> None:
    pytest.importorskip("pyvips")
    script = (
        "import signal, sys\n"
        "from marscrop.imaging import libvips\n"
        "def handle(*_): raise KeyboardInterrupt\n"
        "signal.signal(signal.SIGALRM, handle)\n"
        f"signal.setitimer(signal.ITIMER_REAL, {seconds})\n"
        "try:\n"
        "    libvips.version()\n"
        "    signal.pause()\n"
        "except KeyboardInterrupt: pass\n"
        "print(libvips.version() is not None, libvips.library().Image.black(2, 3).height)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("True 3\n", "")
