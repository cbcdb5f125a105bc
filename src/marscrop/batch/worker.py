"""The work on one photo, which every engine runs: read, crop, write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from marscrop.batch.job import Job, Task
from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.store import Store, filesystem, is_local
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError, MarscropError, StorageError
from marscrop.exchange.xmp import crop_sidecar
from marscrop.files import reason, unchanging
from marscrop.imaging.crop_file import CropFiles
from marscrop.imaging.output_format import suffix_for
from marscrop.imaging.photo import Photo
from marscrop.memory_budget import PIXEL_BYTES
from marscrop.spelling import on_command_line

Hold = Callable[[int], AbstractContextManager[Any]]
"""Waits until so many bytes of memory are free, and holds them."""


class Worker:
    """A worker with the model loaded, for the tasks of a job. Threads may share one."""

    def __init__(
        self, job: Job, fingerprint: str, memory: Hold = lambda size: nullcontext()
    ) -> None:
        """Load the model.

        Args:
            job: of all tasks.
            fingerprint: of the job.
            memory: for those who share it.

        Raises:
            ModelError: the model or the face detector is missing or changed.
            MissingExtraError: faces to keep and no detector installed.
            OptionError: a subject is to be framed and the model sees none.
        """
        self._memory = memory
        self._job, self._fingerprint = job, fingerprint
        self._store = Store(job.target)
        # One thread a photo: many photos at once use the cores better than many threads on one.
        self._cropper = Cropper(
            job.model,
            threads=1,
            max_pixels=job.max_pixels,
            max_decoded_bytes=job.max_decoded_bytes,
        )
        self._cropper.prepare(job.options)  # what is lacking would fail every photo

    def do(self, task: Task) -> PhotoRecord:
        """The record of a photo; an error of the photo is in the record, and not raised.

        Raises:
            StorageError: nothing more can be written.
        """
        key = task.key(self._fingerprint)
        try:
            return self._do(task, key)
        except StorageError:
            raise
        except MarscropError as error:
            known = error.source == task.source  # the record names it
            why = error.explained(on_command_line) if known else error.text(on_command_line)
        except MemoryError:
            why = "failed: not enough memory"
        except Exception as error:  # one odd photo, or a store that hiccups, must not end the rest
            why = f"failed: {type(error).__name__}: {error}"
        return PhotoRecord(task.source, key, error=" ".join(why.split()))

    def _do(self, task: Task, key: str) -> PhotoRecord:
        photo = self._cropper.open(_read(task.source), task.source, self._job.read)
        options = task.options(self._job)
        with self._memory(self._cropper.analysis_bytes(photo, options)):
            analysis = self._cropper.analyse(photo, options.faces, options)
            crops = self._cropper.crop_analysed(analysis, task.ratios, options)
            focal = self._cropper.focal_analysed(analysis, options) if self._job.focal else None
        files: dict[str, bytes] = {}
        outputs, losses = self._encode(task, photo, crops, files)
        sidecars = self._sidecars(task, photo, crops, files)
        for name, content in files.items():
            self._write(name, content)
        return PhotoRecord(
            source=task.source,
            key=key,
            width=photo.size.width,
            height=photo.size.height,
            crops=tuple(map(_record, crops, outputs, sidecars, losses)),
            sizes=tuple((name, len(content)) for name, content in files.items()),
            focal=focal,
        )

    def _encode(
        self, task: Task, photo: Photo, crops: list[Crop], files: dict[str, bytes]
    ) -> tuple[list[str | None], list[tuple[str, ...]]]:
        """Names of the crops' files, and what each does not keep of the photo."""
        losses: list[tuple[str, ...]] = [()] * len(crops)
        if not self._job.write_crops:
            return [None] * len(crops), losses
        suffix = self._job.suffix or suffix_for(photo)
        names = [task.output(crop.ratio, crop.candidate, suffix) for crop in crops]
        with self._memory(PIXEL_BYTES * photo.size.width * photo.size.height):
            encoder = CropFiles(photo, self._job.write)
            for index, (crop, name) in enumerate(zip(crops, names, strict=True)):
                files[name], losses[index] = encoder.encode(crop.box, name, padding=crop.padding)
        return list(names), losses

    def _sidecars(
        self, task: Task, photo: Photo, crops: list[Crop], files: dict[str, bytes]
    ) -> list[str | None]:
        if not self._job.sidecar:
            return [None] * len(crops)
        names = [task.sidecar(crop.ratio, crop.candidate, self._job) for crop in crops]
        for crop, name in zip(crops, names, strict=True):
            text = crop_sidecar(crop.box, photo.size, photo.stored_orientation)
            files[name] = text.encode()
        return list(names)

    def _write(self, name: str, content: bytes) -> None:
        try:
            self._store.put(name, content)
        except (StorageError, ImageError):
            raise
        except Exception as error:  # each filesystem has errors of its own
            raise ImageError(name, f"cannot be written: {reason(error)}") from error


def _read(source: str) -> bytes:
    try:
        fs, path = filesystem(source)
        if not is_local(fs):
            return bytes(fs.cat_file(path))
        with unchanging(path) as file:
            return file.read()
    except ImageError:
        raise
    except FileNotFoundError:
        raise ImageError(None, "no such file") from None
    except IsADirectoryError:
        raise ImageError(None, "is a folder, expected an image file") from None
    except PermissionError:
        raise ImageError(None, "permission denied") from None
    except Exception as error:
        raise ImageError(None, f"cannot be read: {reason(error)}") from error


def _record(
    crop: Crop, output: str | None, sidecar: str | None, losses: tuple[str, ...]
) -> CropRecord:
    return CropRecord(
        ratio=str(crop.ratio),
        candidate=crop.candidate,
        box=crop.box,
        confidence=round(crop.confidence, 4),
        centred=crop.centred,
        padding=crop.padding.margins if crop.padding else None,
        output=output,
        sidecar=sidecar,
        warnings=losses,
    )
