"""Files that end too early: refused, or read with what is missing filled and said."""

from __future__ import annotations

from typing import Any, Final

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from marscrop.errors import TruncatedError
from marscrop.imaging import cost
from marscrop.imaging.completed import CompletedFile
from marscrop.imaging.jpeg import ending
from marscrop.spelling import Mention

_CUT: Final = "the file ends early: the rest of the picture is grey"


def losses_of(image: Image.Image, *, lenient: bool, most_bytes: int) -> tuple[str, ...]:
    """What of the picture is not in its file, as in `EncodedFile.losses`; none for whole files.

    Args:
        image: opened and not loaded; decoded here only where its file had to be completed.
        lenient: whether that may be anything.
        most_bytes: of memory for decoding, beyond which a file counts as not whole.

    Raises:
        TruncatedError: without the source's name, a JPEG that lacks pixels, not read leniently.
    """
    file: Any = getattr(image, "fp", None)
    if not isinstance(file, CompletedFile):
        return ()
    if not isinstance(image, JpegImageFile):
        return file.losses
    affordable = cost.decoder_bytes(image) <= most_bytes
    if affordable and ending.is_whole(file.getvalue()):
        return ()
    if not lenient:
        raise TruncatedError(
            None,
            (
                "is truncated or corrupt: its data end before the picture does; to have the rest "
                "grey, use ",
                Mention("lenient"),
            ),
        )
    return (_CUT,)
