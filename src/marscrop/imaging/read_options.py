"""How a photo is read: what can be asked of decoding, before anything is asked of its crops."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, Self, TypedDict, Unpack, get_args

from marscrop.errors import OptionError

RawSource = Literal["develop", "preview"]
"""What of a camera raw file is the photo: its sensor values, developed; or its embedded JPEG."""

RAW_SOURCES: Final[tuple[RawSource, ...]] = get_args(RawSource)


class ReadKeywords(TypedDict, total=False):
    """What callers in Python may write for each."""

    frame: int | None
    lenient: bool | None
    raw: RawSource | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a photo is read. `parse` reads what a caller wrote.

    Attributes:
        frame: which frame of an animation, or page of a TIFF, is the photo, counted from 0, as
            ImageMagick and ffmpeg count; None for the file as a whole.
        lenient: whether a JPEG or PNG that ends early is read, with grey for what is missing.
        raw: what of a camera raw file is the photo: "develop" for its sensor values, which needs
            the extra `raw`, or "preview" for the full-size JPEG in it. None for the former, where
            a raw file is named.
    """

    frame: int | None = None
    lenient: bool = False
    raw: RawSource | None = None

    def __post_init__(self) -> None:
        frame = self.frame
        if frame is not None and (type(frame) is not int or frame < 0):
            raise OptionError.of("frame", "must be a whole number, 0 for the first", frame)
        if not isinstance(self.lenient, bool):
            raise OptionError.of("lenient", "must be true or false", self.lenient)
        if self.raw is not None and self.raw not in RAW_SOURCES:
            raise OptionError.of("raw", f"must be one of {', '.join(RAW_SOURCES)}", self.raw)

    @classmethod
    def parse(cls, base: Self | None = None, **written: Unpack[ReadKeywords]) -> Self:
        """Understand what a caller wrote.

        Args:
            base: what holds where nothing was written; the defaults by default.
            written: by the names of the attributes; None stands for nothing.

        Raises:
            OptionError: one that is out of its range.
        """
        given: dict[str, Any] = {
            name: value for name, value in written.items() if value is not None
        }
        return replace(cls() if base is None else base, **given)


READ_OPTIONS: Final = tuple(row.name for row in fields(ReadOptions))
"""Their names, in order."""

AS_A_WHOLE: Final = ReadOptions()
"""Nothing asked."""
