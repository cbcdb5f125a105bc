"""The files of crops, encoded from their photo: the crops themselves, and sidecars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from marscrop.batch.job import Job
from marscrop.batch.records import CropRecord
from marscrop.batch.store import Store, filesystem, is_local
from marscrop.crop import Crop
from marscrop.errors import ImageError, StorageError
from marscrop.files import reason, unchanging
from marscrop.geometry import Margins, Size
from marscrop.imaging.fill import Fill
from marscrop.imaging.photo import Photo
from marscrop.memory_budget import PIXEL_BYTES
from marscrop.options import DEFAULT_FILL
from marscrop.sized_crops import output_size

if TYPE_CHECKING:
    from marscrop.imaging.padding import Padding

Hold = Callable[[int], AbstractContextManager[Any]]
"""Waits until so many bytes of memory are free, and holds them."""


class Renderer:
    """Encodes and writes the files of crops as a job asks. Threads may share one."""

    def __init__(self, job: Job, memory: Hold = lambda size: nullcontext()) -> None:
        """A renderer for one job.

        Args:
            job: of all crops.
            memory: for those who share it.
        """
        self._job = job
        self._memory = memory
        self._store = Store(job.target)

    def encode(
        self, photo: Photo, crops: Sequence[CropRecord]
    ) -> tuple[list[CropRecord], dict[str, bytes]]:
        """The crops with what their files do not keep of the photo, and the files by name.

        A crop that was rejected has none.

        Raises:
            ImageError: truncated, corrupt or vanished pixels, or a crop that cannot be encoded.
        """
        files: dict[str, bytes] = {}
        told = list(crops)
        if any(crop.output and crop.has_files for crop in crops):
            sizes = [self._size(crop) for crop in crops]
            pixels = sum(size.width * size.height for size, _ in sizes if size)
            pixels += photo.size.width * photo.size.height
            from marscrop.imaging.crop_file import CropFiles  # with all that writes files

            with self._memory(PIXEL_BYTES * pixels):
                encoder = CropFiles(photo, self._job.write)
                for index, (crop, (size, said)) in enumerate(zip(crops, sizes, strict=True)):
                    if crop.output and crop.has_files:
                        padding = self._padding(crop.padding)
                        encoded = encoder.encode(crop.box, crop.output, padding=padding, size=size)
                        files[crop.output] = encoded.content
                        losses = (*filter(None, [said]), *encoded.losses)
                        told[index] = replace(crop, size=size, warnings=losses)
        for crop in crops:
            if crop.sidecar and crop.has_files:
                from marscrop.exchange.xmp import crop_sidecar

                text = crop_sidecar(crop.box, photo.size, photo.stored_orientation)
                files[crop.sidecar] = text.encode()
        return told, files

    def write(self, files: dict[str, bytes], crops: Sequence[CropRecord]) -> None:
        """Write files, and remove those of crops that were rejected.

        Raises:
            ImageError: a file cannot be written.
            StorageError: none can.
        """
        for name, content in files.items():
            with _named(name):
                self._store.put(name, content)
        for crop in crops:
            for gone in (crop.output, crop.sidecar):
                if gone and not crop.has_files and gone not in files:
                    with _named(gone):
                        self._store.remove(gone)

    def _size(self, crop: CropRecord) -> tuple[Size | None, str | None]:
        """What a crop is scaled to, and what is to be said about it, as `output_size`."""
        padding = self._padding(crop.padding)
        as_cut = Crop(crop.aspect_ratio, crop.box, crop.confidence, padding=padding)
        return output_size(as_cut, self._job.sizing, self._job.max_pixels)

    def _padding(self, margins: Margins | None) -> Padding | None:
        if margins is None:
            return None
        from marscrop.imaging.padding import Padding

        return Padding(margins, self._job.options.padding_fill or Fill.parse(DEFAULT_FILL))


@contextmanager
def _named(name: str) -> Iterator[None]:
    """A block that writes one file, whose errors name it."""
    try:
        yield
    except (StorageError, ImageError):
        raise
    except Exception as error:  # each filesystem has errors of its own
        raise ImageError(name, f"cannot be written: {reason(error)}") from error


def read_source(source: str) -> bytes:
    """The file of a photo.

    Raises:
        ImageError: without the photo's name, it cannot be read.
    """
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
