"""In which frame of a file a fault is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from marscrop.errors import ImageError, MarscropError
from marscrop.imaging.foreign import raise_foreign
from marscrop.imaging.formats import one_line
from marscrop.spelling import Mention


@contextmanager
def in_frame(index: int) -> Iterator[None]:
    """Name the frame, counted from 0, in which the block finds a fault.

    Raises:
        ImageError: without the source's name, in place of what a decoder raises.
    """
    try:
        yield
    except MarscropError:
        raise
    except Exception as error:
        raise_foreign(error)
        reason = f"is truncated or corrupt in frame {index}: {one_line(error)}"
        if index == 0:
            raise ImageError(None, reason) from error
        advice = ("; ", Mention("frame"), " takes one of those before")
        raise ImageError(None, (reason, *advice)) from error
