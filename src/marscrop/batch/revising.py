"""Photos that are done, brought to what people decided: only what changed is written anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cached_property

from marscrop.batch.decisions import Decision, decided, key_of
from marscrop.batch.discovery import version_of
from marscrop.batch.job import Job
from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.rendering import Renderer, read_source
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError
from marscrop.files import reason
from marscrop.geometry import Box, Size
from marscrop.imaging.photo import Photo, open_photo
from marscrop.sized_crops import sized_crops
from marscrop.window.regions import Region


class Reviser:
    """Revises photos of one job. One thread at a time may write; any may open photos."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._renderer = Renderer(job)

    def revise(self, record: PhotoRecord, decisions: Collection[Decision]) -> PhotoRecord:
        """The record of a photo whose crops, and their files, are as they were decided.

        Raises:
            ImageError: the photo cannot be read, or has changed since it was cropped; or a file
                cannot be written.
            StorageError: no file can.
        """
        by_key = {decision.key: decision for decision in decisions}
        crops = [decided(crop, by_key.get(key_of(crop))) for crop in record.crops]
        stale = [
            index
            for index, (now, before) in enumerate(zip(crops, record.crops, strict=True))
            if _look(now) != _look(before)
        ]
        sizes = dict(record.sizes)
        if stale:
            changed = [crops[index] for index in stale]
            files: dict[str, bytes] = {}
            if any(crop.has_files and (crop.output or crop.sidecar) for crop in changed):
                changed, files = self._renderer.encode(self.open(record), changed)
            self._renderer.write(files, changed)
            for index, crop in zip(stale, changed, strict=True):
                crops[index] = crop
            for crop in changed:
                for name in (crop.output, crop.sidecar):
                    if name is not None:
                        sizes.pop(name, None)
            sizes |= {name: len(content) for name, content in files.items()}
        return replace(record, crops=tuple(crops), sizes=tuple(sizes.items()))

    def recrop(self, record: PhotoRecord, crop: CropRecord, keep: Box) -> Crop:
        """The best crop of the ratio of another one, that keeps a box [px of the upright photo].

        Raises:
            ConstraintError: no crop of the ratio does.
            ImageError: the photo cannot be read, or has changed since it was cropped.
        """
        kept = (*self._job.options.keep, *map(Region.parse, record.keep), Region.parse(keep))
        options = replace(self._job.options, keep=kept, max_candidates=1)
        seen = self._cropper.analyse(self.open(record), options.faces, options)
        asked = (seen, [crop.aspect_ratio], options, self._job.sizing)
        (found,) = sized_crops(self._cropper, *asked)
        return found

    def open(self, record: PhotoRecord) -> Photo:
        """The photo of a record, which is the one that was cropped.

        Raises:
            ImageError: it cannot be read, or has changed since.
        """
        try:
            content = read_source(record.source)
            version = version_of(record.source)
        except ImageError as error:
            raise error.about(record.source) from None
        except Exception as error:  # each filesystem has errors of its own
            raise ImageError(record.source, f"cannot be read: {reason(error)}") from error
        if version != record.version:
            raise ImageError(
                record.source, "has changed since it was cropped; run marscrop batch again"
            )
        return open_photo(
            content,
            name=record.source,
            max_pixels=self._job.max_pixels,
            max_decoded_bytes=self._job.max_decoded_bytes,
            read=self._job.read,
        )

    @cached_property
    def _cropper(self) -> Cropper:
        return Cropper(
            self._job.model,
            max_pixels=self._job.max_pixels,
            max_decoded_bytes=self._job.max_decoded_bytes,
        )


def size_of(record: PhotoRecord) -> Size:
    """The size of a photo that was done [px]."""
    return Size(record.width or 0, record.height or 0)


def _look(crop: CropRecord) -> tuple[object, ...]:
    """All that a crop's files depend on."""
    return crop.box, crop.padding, crop.has_files
