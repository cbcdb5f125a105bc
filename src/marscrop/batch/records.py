"""The records of photos and their crops, for the journal and the results."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

from marscrop.geometry import Box, Margins
from marscrop.window.focal_point import FocalPoint


@dataclass(frozen=True, slots=True)
class CropRecord:
    """The record of one crop.

    Attributes:
        ratio: as it was asked for.
        candidate: 1 for the best.
        box: x0, y0, x1, y1 [px of the upright photo], x1 and y1 exclusive.
        confidence: 0..1, rounded to 4 digits.
        centred: whether it is the centre crop for want of confidence.
        padding: around the box [px]; None for a crop without.
        output: name of the crop's file, relative to the target; None where none was asked for.
        sidecar: name of the XMP file, likewise.
        warnings: what the file does not keep of the photo, as in `EncodedFile.losses`.
    """

    ratio: str
    candidate: int
    box: Box
    confidence: float
    centred: bool = False
    padding: Margins | None = None
    output: str | None = None
    sidecar: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PhotoRecord:
    """The record of one photo, done or failed.

    Attributes:
        source: absolute path or URL.
        key: of its task.
        width, height: of the upright photo [px]; None where it failed.
        crops: in the order of the ratios, best candidate first; empty where it failed.
        sizes: bytes of each file written, by its name.
        focal: its focal point; None where none was asked for.
        error: why it failed, in one line; None if it did not.
    """

    source: str
    key: str
    width: int | None = None
    height: int | None = None
    crops: tuple[CropRecord, ...] = ()
    sizes: tuple[tuple[str, int], ...] = ()
    focal: FocalPoint | None = None
    error: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of its crops, each once."""
        return tuple(dict.fromkeys(text for crop in self.crops for text in crop.warnings))

    def to_table(self) -> dict[str, Any]:
        """The record as JSON."""
        return asdict(self)

    @classmethod
    def from_table(cls, table: dict[str, Any]) -> Self:
        """The record that `to_table` wrote, read back from JSON.

        Raises:
            KeyError, TypeError, ValueError, OverflowError: an unknown form.
        """
        if not isinstance(table["source"], str):
            raise TypeError("a source must be text")
        crops = tuple(map(_crop, table["crops"]))
        sizes = tuple((str(name), int(size)) for name, size in table["sizes"])
        focal = None if table.get("focal") is None else FocalPoint(**table["focal"])
        return cls(**{**table, "crops": crops, "sizes": sizes, "focal": focal})


def _crop(table: dict[str, Any]) -> CropRecord:
    texts = tuple(map(str, table["warnings"]))
    box, padding = Box(*table["box"]), _margins(table["padding"])
    return CropRecord(**{**table, "box": box, "padding": padding, "warnings": texts})


def _margins(values: list[int] | None) -> Margins | None:
    return None if values is None else Margins(*values)
