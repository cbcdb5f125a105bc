"""The work of `marscrop crop` on one photo; several threads do it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marscrop.crop import Crop
from marscrop.crop_json import CropEntry, PhotoEntry, as_table, focal_entry
from marscrop.cropper import Cropper
from marscrop.decision import moved_to_grid
from marscrop.errors import MarscropError
from marscrop.files import reason
from marscrop.geometry import Size
from marscrop.memory_budget import PIXEL_BYTES, MemoryBudget
from marscrop.options import CropOptions
from marscrop.ordered_map import OrderedMap
from marscrop.ratio import AspectRatio
from marscrop.sized_crops import output_size, sized_crops
from marscrop.sizing import Sizing
from marscrop.spelling import on_command_line

if TYPE_CHECKING:
    from marscrop.cli.output_paths import NamedCrop, OutputPaths
    from marscrop.cli.sources import SourceFile
    from marscrop.imaging.lossless import BlockGrid
    from marscrop.imaging.photo import Photo
    from marscrop.imaging.read_options import ReadOptions
    from marscrop.imaging.write_options import WriteOptions
    from marscrop.window.focal_point import FocalPoint


class Report(NamedTuple):
    """What to print for a photo.

    Attributes:
        lines: for stdout, or for stderr where the picture goes to stdout.
        warnings: for stderr, without the program's name: what crops do not keep of the photo, and
            of their sizes.
        error: for stderr, without the program's name; None where all went well.
        picture: the file of the crop, where it goes to stdout.
    """

    lines: list[str]
    warnings: list[str]
    error: str | None = None
    picture: bytes | None = None


class _Written(NamedTuple):
    """A crop that was dealt with.

    Attributes:
        crop: itself.
        path: of its file; None on stdout.
        size: that it came out at [px].
        losses: what it does not keep, and of its size; None where a file that was there stays.
        picture: the file, on stdout.
    """

    crop: Crop
    path: Path | None
    size: Size
    losses: tuple[str, ...] | None
    picture: bytes | None = None


class CropPhoto(NamedTuple):
    """What is done with each photo.

    Attributes:
        cropper, read, ratios, options, sizing: what is asked.
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
    sizing: Sizing
    outputs: OutputPaths | None
    write: WriteOptions
    as_json: bool
    focal: bool
    lossless: bool
    photos: OrderedMap
    memory: MemoryBudget

    def report(self, index: int, source: SourceFile) -> Report:
        """Crop the photo at a place in the list. What goes wrong with it is part of the answer."""
        done: list[_Written] = []
        lines: list[str] = []
        error: str | None = None
        try:
            self._crop(index, source, done, lines)
        except MarscropError as raised:
            error = raised.about(source.path).text(on_command_line)
        except MemoryError as raised:  # another photo may be smaller
            error = f"{source.path}: {reason(raised)}"
        pictures = [one.picture for one in done if one.picture is not None]
        return Report(
            lines if self.as_json else list(map(_in_words, done)) or lines,
            _warnings(source.path, [one.losses or () for one in done]),
            error,
            pictures[0] if pictures else None,
        )

    def _crop(self, index: int, source: SourceFile, done: list[_Written], lines: list[str]) -> None:
        """Add what is done to `done`, and what is printed beside it to `lines`."""
        given = source.path if source.content is None else source.content
        photo = self.cropper.open(given, source.path, self.read)
        paths = None
        if self.outputs and self.outputs.told_early and self.options.max_candidates == 1:
            named = [_named(one) for one in self.ratios]
            paths = self._paths(self.outputs, index, source, photo, named)
            if not self.as_json and paths and all(map(self.outputs.stays, paths)):
                lines += [f"{path}  left as it is" for path in paths]
                return
        with self.memory.hold(self.cropper.analysis_bytes(photo, self.options)):
            found, focal = self._found(photo)
        grid = _grid_of(photo) if self.lossless else None
        crops = [moved_to_grid(grid, crop, self.options) for crop in found] if grid else found
        if self.outputs is not None:
            limit = self.cropper.max_pixels
            sizes = [output_size(crop, self.sizing, limit) for crop in crops]
            named = [
                _named(crop.ratio, crop.candidate, size or crop.size)
                for crop, (size, _) in zip(crops, sizes, strict=True)
            ]
            paths = paths or self._paths(self.outputs, index, source, photo, named)
            pixels = sum(size.width * size.height for size, _ in sizes if size)
            pixels += photo.size.width * photo.size.height
            with self.memory.hold(PIXEL_BYTES * pixels):
                done.extend(self._written(source, self.outputs, photo, crops, sizes, paths, grid))
        if self.as_json:
            table = _as_table(source.path, photo.size, crops, found, done)
            lines.append(json.dumps(table | focal_entry(focal)))

    def _paths(
        self,
        outputs: OutputPaths,
        index: int,
        source: SourceFile,
        photo: Photo,
        crops: Sequence[NamedCrop],
    ) -> list[Path]:
        """The crops' paths, decided in the order of the photos."""
        self.photos.wait_for_turn(index)
        paths = outputs.of(source, index, photo, crops)
        self.photos.passed(index)
        return paths

    def _found(self, photo: Photo) -> tuple[list[Crop], FocalPoint | None]:
        """The crops, and the focal point where it is asked for."""
        seen = self.cropper.analyse(photo, self.options.faces, self.options)
        focal = self.cropper.focal_analysed(seen, self.options) if self.focal else None
        return sized_crops(self.cropper, seen, self.ratios, self.options, self.sizing), focal

    def _written(
        self,
        source: SourceFile,
        outputs: OutputPaths,
        photo: Photo,
        crops: list[Crop],
        sizes: list[tuple[Size | None, str | None]],
        paths: list[Path],
        grid: BlockGrid | None,
    ) -> Iterator[_Written]:
        """Write each crop, then yield what came of it."""
        from marscrop.imaging.crop_file import CropFiles
        from marscrop.imaging.destination import write_whole

        files = CropFiles(photo, self.write)
        for path, crop, (size, said) in zip(paths, crops, sizes, strict=True):
            out = size or crop.size
            if outputs.stays(path):
                yield _Written(crop, path, out, None)
                continue
            to_stdout = outputs.destination.stdout
            if not (to_stdout or outputs.destination.file):
                outputs.make_folders(source, path)
            if not (grid or to_stdout):
                lost = files.write(crop.box, path, padding=crop.padding, size=size)
                yield _Written(crop, path, out, (*filter(None, [said]), *lost))
                continue
            encoded = (
                grid.cut(crop.box, self.write.metadata)
                if grid
                else files.encode(crop.box, path, padding=crop.padding, size=size)
            )
            lost = (*filter(None, [said]), *encoded.losses)
            if to_stdout:
                yield _Written(crop, None, out, lost, encoded.content)
            else:
                write_whole(path, encoded.content)
                yield _Written(crop, path, out, lost)


def _named(ratio: AspectRatio, candidate: int = 1, size: Size | None = None) -> NamedCrop:
    from marscrop.cli.output_paths import NamedCrop  # only where crops are written

    return NamedCrop(ratio, candidate, size)


def _grid_of(photo: Photo) -> BlockGrid:
    from marscrop.imaging.lossless import BlockGrid

    return BlockGrid.of(photo)


def _warnings(image: str, losses: list[tuple[str, ...]]) -> list[str]:
    """Each loss once, whichever crops have it."""
    return [f"{image}: warning: {loss}" for loss in dict.fromkeys(chain.from_iterable(losses))]


def _in_words(done: _Written) -> str:
    found, place = done.crop, done.path or "<stdout>"
    if done.losses is None:
        return f"{place}  left as it is"
    width, height = found.box.size
    x0, y0 = found.box[:2]
    words = f"{place}  {width}x{height} at ({x0}, {y0})"
    if found.confidence:
        words += f"  confidence {found.confidence:.2f}"
    if found.centred:
        words += ": centre crop"
    elif not found.confidence and not found.padding:  # one compares with itself by no number
        words += "  the centre crop"
    if found.padding:
        words += f"  padded to {found.size.width}x{found.size.height}"
    if done.size != found.size:
        words += f"  scaled to {done.size.width}x{done.size.height}"
    return words


def _as_table(
    image: str, size: Size, crops: list[Crop], asked: list[Crop], done: list[_Written]
) -> PhotoEntry:
    table = as_table(image, size, crops)
    for entry, one in zip(table["crops"], done, strict=False):  # none where none are written
        if one.size != one.crop.size:
            entry["size"] = list(one.size)
        entry["output"] = str(one.path)
        if one.losses:
            entry["warnings"] = list(one.losses)
    for entry, crop, best in zip(table["crops"], crops, asked, strict=True):
        if crop is not best:
            _note_move(entry, crop, best)
    return table


def _note_move(entry: CropEntry, crop: Crop, best: Crop) -> None:
    """Say what the grid of a JPEG cost."""
    entry["moved"] = [crop.box.x0 - best.box.x0, crop.box.y0 - best.box.y0]
    entry["ratio_error"] = round(crop.size.ratio / crop.ratio.value - 1, 6)
