"""Camera raw as a picture: developed, or its embedded JPEG, or one line on what to do."""

from __future__ import annotations

import io
import struct
from typing import IO, Any, Final

from PIL import ExifTags, Image, JpegImagePlugin
from PIL.ImageFile import ImageFile

from marscrop.errors import ImageError, installing
from marscrop.geometry import Size
from marscrop.imaging.jpeg.markers import APP0, SOI, marker
from marscrop.imaging.raw import embedded_jpeg
from marscrop.imaging.raw.description import description
from marscrop.imaging.raw.detection import RawFile
from marscrop.imaging.read_options import RawSource
from marscrop.spelling import Mention

FORMAT: Final = "RAW"
"""What a developed photo's format is called."""

_FULL_SIZE: Final = 0.9
"""Of the sensor's longest side, that a JPEG of the whole photo has at least."""

_LEAST_PX: Final = 1000
"""The same, where the sensor's size is not known."""

_FLIPS: Final = {0: 1, 3: 3, 5: 8, 6: 6}
"""EXIF orientations, by LibRaw's names for them."""

_APP1: Final = APP0 + 1


class DevelopedRaw(ImageFile):
    """Sensor values, which LibRaw develops as they are loaded, by the camera's white: sRGB."""

    format = FORMAT
    format_description = "camera raw"

    def _open(self) -> None:
        import rawpy

        file: Any = self.fp
        file.seek(0)
        content = file.read()
        self._raw = rawpy.imread(io.BytesIO(content))
        sizes = self._raw.sizes
        self._size, self._mode, self._halved = (sizes.iwidth, sizes.iheight), "RGB", False
        self.info["exif"] = description(content, _FLIPS.get(sizes.flip, 1))

    def halve(self) -> None:
        """Let loading give half the sides, rounded up: a pixel for each cell of the mosaic."""
        width, height = self._size
        self._halved, self._size = True, (-(-width // 2), -(-height // 2))

    def load(self) -> Any:
        """Develop it, once."""
        if self._im is None:
            pixels = self._raw.postprocess(
                use_camera_wb=True, user_flip=0, half_size=self._halved, output_bps=8
            )
            height, width = pixels.shape[:2]
            if (width, height) != self._size:
                raise ImageError(
                    None, f"is corrupt: its header reads {self._size}, its data {width, height}"
                )
            self.im = Image.frombytes("RGB", self._size, pixels.tobytes()).im
        return Image.Image.load(self)


def open_raw(file: IO[bytes], raw: RawFile, wanted: RawSource | None) -> ImageFile:
    """The picture of a camera raw file; not loaded, so `file` must stay open.

    Raises:
        ImageError: without the source's name: nothing that develops it is installed, it has no
            embedded JPEG of its full size, or it is damaged.
    """
    return _embedded(file, raw) if wanted == "preview" else _developed(file, raw)


def _developed(file: IO[bytes], raw: RawFile) -> ImageFile:
    try:
        import rawpy  # noqa: F401
    except ImportError:
        raise ImageError(
            None,
            (
                f"is a camera raw file ({raw.kind}); install the extra that develops it: "
                f"{installing('raw')}, or take the JPEG in it with ",
                Mention("raw", "preview"),
            ),
        ) from None
    return DevelopedRaw(file, "")


def _embedded(file: IO[bytes], raw: RawFile) -> ImageFile:
    file.seek(0)
    content = file.read()
    found = embedded_jpeg.largest(content)
    least = _FULL_SIZE * max(raw.size) if raw.size else _LEAST_PX
    if found is None or max(found.size) < least:
        has = f"only one of {_by(found.size)} pixels" if found else "none"
        size = f" (the photo has {_by(raw.size)})" if raw.size else ""
        raise ImageError(
            None,
            f"is a camera raw file ({raw.kind}) without a JPEG of its full size: there is "
            f"{has}{size}; develop it: {installing('raw')}",
        )
    jpeg = content[found.start : found.end]
    told = JpegImagePlugin.JpegImageFile(io.BytesIO(jpeg), "")
    if ExifTags.Base.Orientation not in Image.Image.getexif(told):
        block = description(content, raw.orientation)
        length = struct.pack(">H", len(block) + 2)
        jpeg = marker(SOI) + marker(_APP1) + length + block + jpeg[2:]
    return JpegImagePlugin.JpegImageFile(io.BytesIO(jpeg), "")


def _by(size: Size) -> str:
    return f"{size.width} x {size.height}"
