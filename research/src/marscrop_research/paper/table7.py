"""Table 7: the systems that the paper compares with, and Mars, measured alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image

from marscrop.cropper import Cropper
from marscrop.geometry import Box, centre_crop
from marscrop.runtime.manifest import PACKAGED_MODEL
from marscrop_research.data.records import CropRecord, PhotoRecord
from marscrop_research.evaluation.answers import ask
from marscrop_research.evaluation.decoding import PLACEMENT, product_network
from marscrop_research.evaluation.protocol import CENTRE, Predict, predict_centre
from marscrop_research.evaluation.several_boxes import PROTOCOLS
from marscrop_research.systems.answering import Eyes, as_predict
from marscrop_research.systems.registry import SYSTEMS
from marscrop_research.systems.speed import PHOTO, RATIO, Method, cropping
from marscrop_research.systems.system import Published, System

REFERENCE: Final = "mars"
"""What differences are taken from."""
SHIPPED: Final = "marscrop"

_MARS: Final = SYSTEMS[REFERENCE].published


@dataclass(frozen=True, slots=True)
class Contender:
    """A row of the table.

    Attributes:
        name: of the method, as its boxes carry it.
        title: for people.
        source: where the idea was published; "" for ours.
        published: what the Mars paper prints.
        bends: in what it is not what its paper has, or what else a reader must know.
        parameters: that an answer takes, the backbone's included; None where nothing is learnt.
        runs: a method each; one for each seed of what is trained here.
        crop: crops a photo once, for the time that it takes.
    """

    name: str
    title: str
    source: str
    published: Published
    bends: str
    parameters: int | None
    runs: tuple[Predict, ...]
    crop: Method


class Figures(NamedTuple):
    """Of one method under one protocol; each (runs, entries), entries in the photos' order."""

    iou: NDArray[np.float64]
    bde: NDArray[np.float64]
    offset_px: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Result:
    """A row, measured.

    Attributes:
        contender: who.
        figures: by data set and protocol; none of a data set that is not at hand.
    """

    contender: Contender
    figures: Mapping[tuple[str, str], Figures]


def centre() -> Contender:
    """What looks at nothing."""
    return Contender(
        CENTRE, "Centre crop", "", Published(""), "the largest window, in the middle", None,
        (predict_centre,), lambda: centre_crop(PHOTO, RATIO),
    )  # fmt: skip


def trained(systems: Sequence[System], eyes: Eyes) -> Contender:
    """A system, trained with one seed or several."""
    first = systems[0]
    weights = [first, *(first.taught_by.values() if first.asks_teachers else ())]
    own = sum(p.numel() for system in weights for p in system.parameters())
    return Contender(
        first.name,
        first.title,
        first.paper,
        first.published,
        first.bends,
        own + eyes.backbone.parameters,
        tuple(as_predict(system, eyes) for system in systems),
        cropping(first, eyes.backbone),
    )


def shipped() -> Contender:
    """Mars as people get it, by the product's own path."""
    network = product_network(None)
    cropper = Cropper()
    pixels = np.random.default_rng(0).integers(0, 256, (PHOTO.height, PHOTO.width, 3), np.uint8)
    photo = Image.fromarray(pixels)

    def predict(record: CropRecord, /) -> dict[str, Box]:
        return {PLACEMENT: network.best_crop(record)}

    return Contender(
        SHIPPED,
        "Mars, as marscrop ships it",
        "",
        _MARS,
        "has seen more than the others: its backbone was trained too, it has a prior for sizes "
        "and a subject map taught on 8,493 photos without crops; in integers of 8 bits, by ONNX "
        "Runtime, its frames/s with the photo's reduction",
        _onnx_parameters(PACKAGED_MODEL),
        (predict,),
        lambda: cropper.crop(photo, RATIO)[0].box,
    )


def measure(
    contender: Contender,
    data: Mapping[str, tuple[Sequence[PhotoRecord], Iterable[str]]],
    watch: Callable[[Sequence[PhotoRecord]], Iterable[PhotoRecord]] = iter,
) -> Result:
    """Ask a contender for all boxes of all data sets.

    Args:
        contender: who.
        data: by name of the data set, its photos and the protocols that it is measured by.
        watch: passes the photos on, for a display of progress.
    """
    figures: dict[tuple[str, str], Figures] = {}
    for name, (photos, protocols) in data.items():
        runs = [ask(watch(photos), [predict])[0] for predict in contender.runs]
        for protocol in protocols:
            rule = PROTOCOLS[protocol]
            entries = np.array(
                [
                    [entry for a in run for entry in rule(a.photo, a.answers(contender.name))]
                    for run in runs
                ],
                np.float64,
            )  # (runs, entries, 3)
            figures[name, protocol] = Figures(*np.moveaxis(entries, -1, 0))
    return Result(contender, figures)


def _onnx_parameters(folder: Path) -> int:
    """How many numbers the parts of a model hold."""
    return sum(
        math.prod(tensor.dims)
        for file in sorted(folder.glob("*.onnx"))
        for tensor in onnx.load(file).graph.initializer
    )
