"""The data sets by name: how each is loaded, what was published, and where to get it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from marscrop_research.data import cpc, fat, fcdb, gaicd, hcdb
from marscrop_research.data.records import DataSet, Split
from marscrop_research.errors import DataError


@dataclass(frozen=True, slots=True)
class PublishedPart:
    """How much of a data set was published in one piece.

    Attributes:
        name: as its authors call it.
        splits: which of ours it is loaded as.
        photos: how many.
        boxes: how many are annotated; None where no source at hand says so.
    """

    name: str
    splits: tuple[Split, ...]
    photos: int
    boxes: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One data set.

    Attributes:
        name: on the command line.
        title: for people.
        load: from its folder to its records; raises DataError if there is nothing to load.
        image_folders: where photos may lie, from its folder on; the first that exists is used.
        parts: what was published.
        where: to get it from.
    """

    name: str
    title: str
    load: Callable[[Path], DataSet]
    image_folders: tuple[str, ...]
    parts: tuple[PublishedPart, ...]
    where: str


_SOURCES: Final = (
    Source(
        "fcdb",
        "FCDB, the Flickr Cropping Dataset",
        fcdb.load_fcdb,
        fcdb.IMAGE_FOLDERS,
        (
            PublishedPart("training", ("train", "validation"), 1395, 1395),
            PublishedPart("test", ("test",), 348, 348),
        ),
        "https://github.com/yiling-chen/flickr-cropping-dataset",
    ),
    Source(
        "hcdb",
        "HCDB, also called FLMS",
        hcdb.load_hcdb,
        hcdb.IMAGE_FOLDERS,
        (PublishedPart("test", ("test",), 500, 4986),),
        '"Automatic Image Cropping using Visual Composition, Boundary Simplicity and Content '
        'Preservation Models", ACM Multimedia 2014',
    ),
    Source(
        "fat",
        "FAT, the thumbnails of Fast-AT",
        fat.load_fat,
        fat.IMAGE_FOLDERS,
        (
            PublishedPart("training", ("train", "validation"), 24154, 63043),
            PublishedPart("test", ("test",), 3910, 7005),
        ),
        '"Fast-AT: Fast Automatic Thumbnail Generation using Deep Neural Networks", CVPR 2017',
    ),
    Source(
        "gaicd",
        "GAICD, Grid Anchor based Image Cropping",
        gaicd.load_gaicd,
        gaicd.IMAGE_FOLDERS,
        (
            PublishedPart("training", ("train",), 2636),
            PublishedPart("validation", ("validation",), 200),
            PublishedPart("test", ("test",), 500),
        ),
        "https://github.com/HuiZeng/Grid-Anchor-based-Image-Cropping-Pytorch",
    ),
    Source(
        "cpc",
        "CPC, Comparative Photo Composition",
        cpc.load_cpc,
        cpc.IMAGE_FOLDERS,
        (PublishedPart("training", ("train",), 10797),),
        '"Good View Hunting: Learning Photo Composition from Dense View Pairs", CVPR 2018',
    ),
)

SOURCES: Final[dict[str, Source]] = {source.name: source for source in _SOURCES}
"""All data sets, by name."""

_OTHER_NAMES: Final = {"flms": "hcdb"}


def find_source(name: str) -> Source:
    """A data set by its name or other name, in any case.

    Raises:
        DataError: there is none; the message lists those there are.
    """
    lower = name.lower()
    source = SOURCES.get(_OTHER_NAMES.get(lower, lower))
    if source is None:
        raise DataError(f"no data set is called {name!r}; known are {', '.join(SOURCES)}")
    return source
