"""Queries: the parameters of a request, understood and within the limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from marscrop.geometry import Size, round_half_up
from marscrop.imaging.read_options import AS_A_WHOLE, READ_OPTIONS, ReadOptions
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, MetadataPolicy, WriteOptions
from marscrop.options import OPTIONS, CropOptions
from marscrop.ratio import AspectRatio, parse_ratios
from marscrop.service.limits import ServiceLimits
from marscrop.service.output import USUAL_ENLARGEMENT
from marscrop.service.parameters import (
    CROP_OPTIONS,
    FOCAL,
    OUTPUT_OPTIONS,
    PHOTO,
    RATIO,
    READ_PARAMETERS,
    URL,
    Parameter,
    Texts,
    read_all,
)
from marscrop.service.refusals import bad_request
from marscrop.service.upload import Upload
from marscrop.window.regions import Region

CROPS_PARAMETERS: Final = (RATIO, PHOTO, URL, FOCAL, *READ_PARAMETERS, *CROP_OPTIONS)
_RATIO_OR_SIZE: Final = (
    "Aspect ratio, such as 16:9; or a width and height in pixels, such as 1200x630."
)
CROP_PARAMETERS: Final = (
    replace(RATIO, repeated=False, required=False, about=_RATIO_OR_SIZE),
    URL,
    *READ_PARAMETERS,
    *(option for option in CROP_OPTIONS if option.name != "max_candidates"),
    *OUTPUT_OPTIONS,
)
MAP_PARAMETERS: Final = (replace(RATIO, repeated=False), PHOTO, URL, *READ_PARAMETERS)

Q = TypeVar("Q", "CropsQuery", "PictureQuery")
_MOST_REMEMBERED: Final = 256
_MOST_REMEMBERED_BYTES: Final = 1024
"""Of a query as it is written."""


@dataclass(frozen=True, slots=True)
class CropsQuery:
    """Which crops are wanted.

    Attributes:
        ratios: in the order asked.
        options: for all of them.
        reading: how the image is read.
        photo: of an earlier answer, in place of an image.
        url: of the image, in place of it.
        focal: whether the photo's focal point is, too.
    """

    ratios: tuple[AspectRatio, ...]
    options: CropOptions
    reading: ReadOptions = AS_A_WHOLE
    photo: str | None = None
    url: str | None = None
    focal: bool = False

    @classmethod
    def read(
        cls, texts: Texts, limits: ServiceLimits, known: tuple[Parameter, ...] = CROPS_PARAMETERS
    ) -> CropsQuery:
        """Understand what was sent.

        Raises:
            Refusal: 422, a parameter that cannot be understood, or more than is allowed.
            MarscropError: a ratio or an option that cannot be understood.
        """
        values = read_all(texts, known)
        ratios = tuple(parse_ratios(values.get("ratio", [])))
        options = _options(values, limits)
        count = len(ratios) * options.max_candidates
        if count > limits.max_crops:
            raise bad_request(
                f"one request may ask for {limits.max_crops} crops, ratios times max_candidates; "
                f"got {count}. Send several requests",
                ("max_crops", limits.max_crops),
            )
        reading, photo = _reading(values), values.get("photo")
        if photo is not None and reading != AS_A_WHOLE:
            raise bad_request(
                f"{PHOTO.name} stands for an image as it was read; leave out "
                f"{', '.join(name for name in READ_OPTIONS if name in values)}"
            )
        focal = values.get("focal", False)
        return cls(ratios, options, reading, photo, values.get("url"), focal)


@dataclass(frozen=True, slots=True)
class PictureQuery:
    """Which picture is wanted.

    Attributes:
        crop: with one ratio, or none where a box is given.
        box: to be cut; None for the best crop of the ratio.
        width, height: of what comes out [px]; None where they follow from the crop.
        enlargement: times the crop's own pixels that it may have along a side.
        write: how it is written.
        suffix: of the format, such as ".webp"; None for what the client accepts.
    """

    crop: CropsQuery
    box: Region | None
    width: int | None
    height: int | None
    enlargement: float
    write: WriteOptions
    suffix: str | None

    @classmethod
    def read(cls, texts: Texts, limits: ServiceLimits) -> PictureQuery:
        """Understand what was sent; errors as of `CropsQuery.read`."""
        values = read_all(texts, CROP_PARAMETERS)
        width, height = (
            _side(name, values.get(name), limits.max_output_px) for name in ("width", "height")
        )
        ratio, box = values.get("ratio"), values.get("box")
        if ratio is None and box is None:
            if width is None or height is None:
                raise bad_request("give a ratio, a box, or a width and a height")
            ratio, height = f"{width}:{height}", None
        elif ratio is not None and box is not None:
            raise bad_request("give a ratio or a box, not both: a box has its ratio")
        elif ratio is not None and width is not None and height is not None:
            raise bad_request("give a width or a height: with a ratio, one tells the other")
        ratios = tuple(parse_ratios(ratio)) if ratio is not None else ()
        return cls(
            CropsQuery(ratios, _options(values, limits), _reading(values), None, values.get("url")),
            Region.parse(box) if box is not None else None,
            width,
            height,
            _enlargement(values.get("enlarge"), limits.max_enlargement),
            WriteOptions(_within("quality", values.get("quality"), 100), _metadata(values)),
            _suffix(_one_of("format", values)),
        )

    def size(self, crop: Size) -> Size | None:
        """What a crop of `crop` [px] is brought to [px]; None if it stays.

        Raises:
            Refusal: 422, both sides are given, and no box of their ratio.
        """
        if self.width is not None and self.height is not None:
            both = Size(self.width, self.height)
            _check_ratio(crop, both)
            return both
        asked = self.crop.ratios[0] if self.crop.ratios else None
        ratio = crop.ratio if asked is None or asked.is_original else asked.value
        if self.width is not None:
            return Size(self.width, max(1, round_half_up(self.width / ratio)))
        if self.height is not None:
            return Size(max(1, round_half_up(self.height * ratio)), self.height)
        return Size(*asked.pixels) if asked and asked.pixels else None


def map_query(texts: Texts, limits: ServiceLimits) -> CropsQuery:
    """Of which ratio a map is wanted; errors as of `CropsQuery.read`."""
    return CropsQuery.read(texts, limits, MAP_PARAMETERS)


class Queries:
    """Queries as they were understood before: most clients ask the same of each photo."""

    def __init__(self, limits: ServiceLimits) -> None:
        self._limits = limits
        self._understood = lru_cache(_MOST_REMEMBERED)(self._understand)

    def read(self, kind: Callable[[Texts, ServiceLimits], Q], upload: Upload) -> Q:
        """What an upload asks.

        Args:
            kind: of query: what understands one.
            upload: with its parameters.

        Raises:
            Refusal, MarscropError: as of `CropsQuery.read`.
        """
        if upload.fields or len(upload.query) > _MOST_REMEMBERED_BYTES:
            return self._understand(kind, upload)
        found: Q = self._understood(kind, Upload(upload.query))
        return found

    def _understand(self, kind: Callable[[Texts, ServiceLimits], Q], upload: Upload) -> Q:
        return kind(upload.texts, self._limits)


def _check_ratio(crop: Size, asked: Size) -> None:
    """Hold a box against the size it is brought to: it may miss its ratio by the pixel to which
    boxes are rounded, and no more, as all in it would be stretched."""
    across = abs(crop.width - crop.height * asked.ratio)
    down = abs(crop.height - crop.width / asked.ratio)
    if min(across, down) > 1:
        raise bad_request(
            f"a box of {crop.width} x {crop.height} pixels has another ratio than {asked.width} x "
            f"{asked.height}; give a width or a height alone, or a box of that ratio"
        )


def _options(values: Mapping[str, Any], limits: ServiceLimits) -> CropOptions:
    """The values that belong to `CropOptions`, in it."""
    asked = {name: values[name] for name in OPTIONS if name in values}
    for name, written in asked.items():
        if OPTIONS[name].repeated and len(written) > limits.max_boxes:
            raise bad_request(
                f"{name} may be given {limits.max_boxes} times in one request; got {len(written)}",
                ("max_boxes", limits.max_boxes),
            )
    return CropOptions.parse(**asked)


def _reading(values: Mapping[str, Any]) -> ReadOptions:
    """The values that belong to `ReadOptions`, in it."""
    return ReadOptions(**{name: values[name] for name in READ_OPTIONS if name in values})


def _suffix(file_type: str | None) -> str | None:
    return None if file_type in (None, "auto") else f".{file_type}"


def _side(name: str, value: int | None, limit: int) -> int | None:
    return _within(name, value, limit, ("max_output_px", limit))


def _enlargement(value: float | None, most: float) -> float:
    if value is None:
        return min(USUAL_ENLARGEMENT, most)
    if not 1 <= value <= most:
        raise bad_request(
            f"enlarge must be from 1 to {most:g}; got {value:g}", ("max_enlargement", most)
        )
    return value


def _within(
    name: str, value: int | None, most: int, limit: tuple[str, float] | None = None
) -> int | None:
    if value is not None and not 1 <= value <= most:
        raise bad_request(f"{name} must be from 1 to {most}; got {value}", limit)
    return value


def _metadata(values: Mapping[str, Any]) -> MetadataPolicy:
    """What is kept of the photo's metadata; "keep" is what "all" was called."""
    named = _one_of("metadata", values)
    if named is None:
        return DEFAULT_WRITE_OPTIONS.metadata
    return cast("MetadataPolicy", "all" if named == "keep" else named)


def _one_of(name: str, values: Mapping[str, Any]) -> str | None:
    """A value that must be one of its parameter's few."""
    if name not in values:
        return None
    allowed = next(p.schema["enum"] for p in OUTPUT_OPTIONS if p.name == name)
    if values[name] not in allowed:
        raise bad_request(f"{name} must be one of {', '.join(allowed)}; got {values[name]!r}")
    return str(values[name])
