"""The records of photos and their crops, for the journal and the results."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

from marscrop.geometry import Box, Margins, Size
from marscrop.ratio import AspectRatio
from marscrop.window.focal_point import FocalPoint


@dataclass(frozen=True, slots=True)
class FoundCrop:
    """A crop as it was found, where a person has changed it since."""

    box: Box
    padding: Margins | None
    centred: bool


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
        sidecar: name of the XMP file, likewise. A rejected crop has names, but no files.
        warnings: what the file does not keep of the photo, as in `EncodedFile.losses`.
        pixels: the size that was asked for as the ratio [px]; None for a ratio.
        size: that the file was scaled to [px]; None where it has the crop's own, or there is none.
        state: "accepted", "changed" or "rejected" by a person; None before a review.
        found: the crop as it was found, where box or padding are others now.
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
    pixels: Size | None = None
    size: Size | None = None
    state: str | None = None
    found: FoundCrop | None = None

    @property
    def has_files(self) -> bool:
        """Whether its files, if it has names of such, are in the target."""
        return self.state != "rejected"

    @property
    def aspect_ratio(self) -> AspectRatio:
        """Its ratio, as it was asked for; of "original" and names of one's own that of its box."""
        try:
            ratio = AspectRatio.parse(self.ratio)
        except ValueError:
            ratio = None
        if ratio is not None and not ratio.is_original:
            return ratio
        found = self.found.box if self.found else self.box
        return AspectRatio(*found.size, label=self.ratio, pixels=self.pixels)


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
        name: of the photo, relative to the source that it was found in, such as "2019/beach.jpg".
        version: of its content, as its task has it.
        keep: boxes to keep in its crops, of its own, as text.
    """

    source: str
    key: str
    width: int | None = None
    height: int | None = None
    crops: tuple[CropRecord, ...] = ()
    sizes: tuple[tuple[str, int], ...] = ()
    focal: FocalPoint | None = None
    error: str | None = None
    name: str = ""
    version: str = ""
    keep: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Those of its crops, each once."""
        return tuple(dict.fromkeys(text for crop in self.crops for text in crop.warnings))

    def to_table(self) -> dict[str, Any]:
        """The record as JSON."""
        crops = [
            {**_fields(crop), "found": crop.found and _fields(crop.found)} for crop in self.crops
        ]
        return {**_fields(self), "crops": crops, "focal": self.focal and _fields(self.focal)}

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
        keep = tuple(map(str, table["keep"]))
        focal = None if table.get("focal") is None else FocalPoint(**table["focal"])
        lists = {"crops": crops, "sizes": sizes, "keep": keep}
        return cls(**{**table, **lists, "focal": focal})


def _fields(record: Any) -> dict[str, Any]:
    """Those of a record by name; not `asdict`, which copies what JSON reads as it is."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def margins_of(values: list[int] | None) -> Margins | None:
    """Margins as JSON has them."""
    return None if values is None else Margins(*values)


def _crop(table: dict[str, Any]) -> CropRecord:
    texts, found = tuple(map(str, table["warnings"])), table["found"]
    if found is not None:
        found = FoundCrop(Box(*found["box"]), margins_of(found["padding"]), bool(found["centred"]))
    box, padding = Box(*table["box"]), margins_of(table["padding"])
    sizes = {name: _size(table.get(name)) for name in ("pixels", "size")}
    shape = {"box": box, "padding": padding, "found": found}
    return CropRecord(**{**table, **shape, **sizes, "warnings": texts})


def _size(values: list[int] | None) -> Size | None:
    return None if values is None else Size(*values)
