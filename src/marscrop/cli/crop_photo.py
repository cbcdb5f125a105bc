"""The work of `marscrop crop` on one photo; several threads do it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from marscrop.cli.output_paths import OutputPaths
from marscrop.crop import Crop
from marscrop.crop_json import CropEntry, PhotoEntry, as_table, focal_entry
from marscrop.cropper import Cropper
from marscrop.decision import moved_to_grid
from marscrop.errors import MarscropError
from marscrop.files import reason
from marscrop.geometry import Size
from marscrop.imaging.encoded_file import distinct
from marscrop.imaging.photo import Photo
from marscrop.imaging.read_options import ReadOptions
from marscrop.imaging.write_options import WriteOptions
from marscrop.memory_budget import PIXEL_BYTES, MemoryBudget
from marscrop.options import CropOptions
from marscrop.ordered_map import OrderedMap
from marscrop.ratio import AspectRatio
from marscrop.spelling import on_command_line

if TYPE_CHECKING:
    from marscrop.imaging.lossless import BlockGrid


@dataclass(frozen=True, slots=True)
class Report:
    """Lines to print for a photo.

    Attributes:
        lines: for stdout.
        warnings: for stderr, without the program's name: what crops do not keep of the photo.
        error: for stderr, without the program's name; None where all went well.
    """

    lines: list[str]
    warnings: list[str]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class CropPhoto:
    """A function of a photo's place in the list and its name.

    Attributes:
        cropper, read, ratios, options: what is asked.
        outputs: paths of the crops; None where none are written.
        write: how they are written.
        as_json: one line of JSON a photo, in place of one in words a crop.
        focal: whether to find the focal point of each.
        lossless: copy the JPEG's blocks.
        photos: where this waits for the photos before.
        memory: that all photos share.
    """

    cropper: Cropper
    read: ReadOptions
    ratios: Sequence[AspectRatio]
    options: CropOptions
    outputs: OutputPaths | None
    write: WriteOptions
    as_json: bool
    focal: bool
    lossless: bool
    photos: OrderedMap
    memory: MemoryBudget

    def __call__(self, index: int, image: str) -> Report:
        """Crop one photo. What goes wrong with it is part of the answer."""
        lines: list[str] = []
        losses: list[tuple[str, ...]] = []
        try:
            photo = self.cropper.open(image, read=self.read)
            with self.memory.hold(self.cropper.analysis_bytes(photo, self.options)):
                analysis = self.cropper.analyse(photo, self.options.faces, self.options)
                found = self.cropper.crop_analysed(analysis, self.ratios, self.options)
                focal = self.cropper.focal_analysed(analysis, self.options) if self.focal else None
            grid = _grid_of(photo) if self.lossless else None
            crops = [moved_to_grid(grid, crop, self.options) for crop in found] if grid else found
            if self.outputs is not None:
                self.photos.wait_for_turn(index)
                paths = self.outputs.of(image, photo, crops)
                self.photos.passed(index)
                with self.memory.hold(PIXEL_BYTES * photo.size.width * photo.size.height):
                    for path, crop, lost in self._written(photo, crops, paths, grid):
                        losses.append(lost)
                        if not self.as_json:
                            lines.append(f"{path}  {_in_words(crop)}")
            if self.as_json:
                table = _as_table(image, photo.size, crops, found, losses)
                lines.append(json.dumps(table | focal_entry(focal)))
        except MarscropError as error:
            return Report(lines, _warnings(image, losses), error.text(on_command_line))
        except MemoryError as error:  # another photo may be smaller
            return Report(lines, _warnings(image, losses), f"{image}: {reason(error)}")
        return Report(lines, _warnings(image, losses))

    def _written(
        self, photo: Photo, crops: list[Crop], paths: list[Path], grid: BlockGrid | None
    ) -> Iterator[tuple[Path, Crop, tuple[str, ...]]]:
        """Write each crop, then yield its path, itself, and what it does not keep."""
        from marscrop.imaging.crop_file import CropFiles
        from marscrop.imaging.destination import write_whole

        if grid:
            for path, crop in zip(paths, crops, strict=True):
                encoded = grid.cut(crop.box, self.write.metadata)
                write_whole(path, encoded.content)
                yield path, crop, encoded.losses
            return
        files = CropFiles(photo, self.write)
        for path, crop in zip(paths, crops, strict=True):
            yield path, crop, files.write(crop.box, path, padding=crop.padding)


def _grid_of(photo: Photo) -> BlockGrid:
    from marscrop.imaging.lossless import BlockGrid

    return BlockGrid.of(photo)


def _warnings(image: str, losses: list[tuple[str, ...]]) -> list[str]:
    """Each loss once, whichever crops have it."""
    return [f"{image}: warning: {loss}" for loss in distinct(chain.from_iterable(losses))]


def _in_words(found: Crop) -> str:
    width, height = found.box.size
    x0, y0 = found.box[:2]
    words = f"{width}x{height} at ({x0}, {y0})  confidence {found.confidence:.2f}"
    if found.centred:
        words += ": centre crop"
    if found.padding:
        words += f"  padded to {found.size.width}x{found.size.height}"
    return words


def _as_table(
    image: str,
    size: Size,
    crops: list[Crop],
    asked: list[Crop],
    losses: list[tuple[str, ...]],
) -> PhotoEntry:
    table = as_table(image, size, crops)
    for entry, lost in zip(table["crops"], losses, strict=False):  # none where none are written
        if lost:
            entry["warnings"] = list(lost)
    for entry, crop, best in zip(table["crops"], crops, asked, strict=True):
        if crop is not best:
            _note_move(entry, crop, best)
    return table


def _note_move(entry: CropEntry, crop: Crop, best: Crop) -> None:
    """Say what the grid of a JPEG cost."""
    entry["moved"] = [crop.box.x0 - best.box.x0, crop.box.y0 - best.box.y0]
    entry["ratio_error"] = round(crop.size.ratio / crop.ratio.value - 1, 6)
