"""What a photo can be given as, and what is said where it cannot be read."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeAlias

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError, MarscropError, OptionError
from marscrop.files import Identity, identity_of, unchanging
from marscrop.imaging import formats
from marscrop.imaging.cost import DEFAULT_MAX_PIXELS
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

Source: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[np.uint8]"
"""What a photo can be given as."""

Opener = Callable[[], AbstractContextManager[Image.Image]]
"""Opens the image anew, and closes it as the block ends."""


class _Identify:
    """Finds the image in a file. Of the same file, it is found at once from the second time on."""

    def __init__(self, read: ReadOptions, max_pixels: int) -> None:
        self._read, self._max_pixels = read, max_pixels
        self._plugin: formats.Plugin | None = None

    def __call__(self, file: BinaryIO) -> ImageFile:
        if self._plugin:
            return self._plugin(file, "")
        image = formats.identify(file, self._read, self._max_pixels)
        self._plugin = formats.plugin_of(image, file)
        return image


class Opened(NamedTuple):
    """An encoded file that was a source before, by its opener."""

    opener: Opener


class Held:
    """An opener that gives an image which is open already to the first who asks."""

    def __init__(self, image: Image.Image, open_until: ExitStack, again: Opener) -> None:
        """An opener.

        Args:
            image: of which no more than the header was read.
            open_until: what closes it.
            again: opens it anew, for all others.
        """
        self._unused = [(image, open_until)]  # of which taking the last is one step for threads
        self._again = again

    def __call__(self) -> AbstractContextManager[Image.Image]:
        try:
            return _closing(*self._unused.pop())
        except IndexError:
            return self._again()

    def close(self) -> None:
        """Close it if nobody asked."""
        while self._unused:
            with suppress(ImageError):  # what it has become is nobody's concern
                self._unused.pop()[1].close()


@contextmanager
def _closing(image: Image.Image, open_until: ExitStack) -> Iterator[Image.Image]:
    with open_until:
        yield image


_ARRAY_KIND: Final = "uint8 array of shape (height, width), or (height, width, 1, 3 or 4)"
_CHANNELS: Final = (1, 3, 4)
"""Of arrays with a third dimension: grey, RGB, RGBA."""


def resolve(
    source: Source | Opened,
    name: str | None = None,
    read: ReadOptions = AS_A_WHOLE,
    max_pixels: int = DEFAULT_MAX_PIXELS,
) -> tuple[str, bool, Opener]:
    """A source's name, whether it is an encoded image file, and how to get at its image.

    Args:
        source: what the photo is given as.
        name: that it goes by in messages; by default a path's own, or a word for its kind.
        read, max_pixels: as for `formats.identify`.
    """
    identify = _Identify(read, max_pixels)
    if isinstance(source, (str, os.PathLike)):
        return _resolve_path(os.fsdecode(source), name, identify)
    if isinstance(source, Opened):
        return name or "<file>", True, source.opener
    if isinstance(source, bytes):
        return name or "<bytes>", True, partial(_open_bytes, source, identify)
    if isinstance(source, Image.Image):
        return name or "<PIL image>", False, lambda: nullcontext(source)
    if isinstance(source, np.ndarray):
        name = name or "<array>"
        with explained(name):
            _check_array(source)
        return name, False, partial(_wrap_array, source)
    if hasattr(source, "read"):
        name = name or "<file object>"
        return name, True, partial(_open_bytes, _read_all(source, name), identify)
    kind = type(source).__name__
    raise ImageError(
        f"<{kind}>",
        f"expected a path, bytes, a binary file object, a PIL image or a {_ARRAY_KIND}; got {kind}",
    )


def _resolve_path(path: str, name: str | None, identify: _Identify) -> tuple[str, bool, Opener]:
    name = name or path or "''"
    with explained(name, "cannot be opened"):
        found = os.stat(path)  # noqa: PTH116 - Path("") would be "."
        if stat.S_ISREG(found.st_mode):
            return name, True, partial(_open_file, path, identity_of(found), identify)
        if stat.S_ISFIFO(found.st_mode):  # a shell's <(...), which cannot be opened twice
            with Path(path).open("rb") as pipe:
                return name, True, partial(_open_bytes, _read_all(pipe, name), identify)
    what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
    raise ImageError(name, f"is {what}, expected an image file")


def _read_all(file: BinaryIO, name: str) -> bytes:
    with explained(name, "cannot be read"):
        content: Any = file.read()
    if not isinstance(content, bytes):
        kind = type(content).__name__
        raise ImageError(name, f"must be opened in binary mode; reading it gave {kind}")
    return content


@contextmanager
def _open_file(path: str, identity: Identity, identify: _Identify) -> Iterator[ImageFile]:
    with unchanging(path, identity) as file:
        yield identify(file)


@contextmanager
def _open_bytes(content: bytes, identify: _Identify) -> Iterator[ImageFile]:
    yield identify(io.BytesIO(content))


def _wrap_array(array: NDArray[np.uint8]) -> AbstractContextManager[Image.Image]:
    pixels = array[:, :, 0] if array.shape[2:] == (1,) else array
    return nullcontext(Image.fromarray(np.ascontiguousarray(pixels)))


def _check_array(array: NDArray[Any]) -> None:
    is_picture = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in _CHANNELS)
    if array.dtype != np.uint8 or not is_picture:
        raise ImageError(
            None, f"expected a {_ARRAY_KIND}; got shape {array.shape}, dtype {array.dtype}"
        )
    if array.size == 0:
        raise ImageError(None, f"has no pixels; its shape is {array.shape}")


@contextmanager
def explained(name: str, otherwise: str = "is truncated or corrupt") -> Iterator[None]:
    """Turn what decoders and the system raise into an ImageError of one line, with `name`.

    What is `foreign` to them passes: a signal handler's exception, or a lack of memory.
    """
    try:
        yield
    except (ImageError, OptionError) as error:
        error.about(name)
        raise
    except MarscropError:
        raise
    except Exception as error:
        raise_foreign(error)
        raise ImageError(name, _explanation(error, otherwise)) from error


def _explanation(error: Exception, otherwise: str) -> str:
    match error:
        case FileNotFoundError() | NotADirectoryError():
            return "no such file"
        case IsADirectoryError():
            return "is a folder, expected an image file"
        case PermissionError():
            return "permission denied"
        case OSError(errno=int(), strerror=str(what)):  # Pillow's own OSErrors carry no number
            return f"cannot be read: {what}"
        case Image.DecompressionBombError():
            return f"is too large: {formats.one_line(error)}"
    return f"{otherwise}: {formats.one_line(error)}"
