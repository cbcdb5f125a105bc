"""The work on one photo, which every engine runs: read, crop, write."""

from __future__ import annotations

from contextlib import nullcontext

from marscrop.batch.decisions import Decision, decided, key_of
from marscrop.batch.job import Job, Task
from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.rendering import Hold, Renderer, read_source
from marscrop.crop import Crop
from marscrop.cropper import Cropper
from marscrop.errors import ImageError, MarscropError, StorageError
from marscrop.geometry import Box, Size
from marscrop.imaging.output_format import suffix_for
from marscrop.runtime.loading import LoadingModel
from marscrop.sized_crops import sized_crops
from marscrop.spelling import Mention, on_command_line


class Worker:
    """A worker with the model loaded, for the tasks of a job. Threads may share one."""

    def __init__(
        self,
        job: Job,
        fingerprint: str,
        memory: Hold = lambda size: nullcontext(),
        loading: LoadingModel | None = None,
    ) -> None:
        """Load the model.

        Args:
            job: of all tasks.
            fingerprint: of the job.
            memory: for those who share it.
            loading: the job's model, where that is on its way.

        Raises:
            ModelError: the model or the face detector is missing or changed.
            MissingExtraError: faces to keep and no detector installed.
            OptionError: a subject is to be framed and the model sees none.
        """
        self._memory = memory
        self._job, self._fingerprint = job, fingerprint
        self._renderer = Renderer(job, memory)
        # One thread a photo: many photos at once use the cores better than many threads on one.
        self._cropper = Cropper(
            loading or job.model,
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
        except MarscropError as refusal:
            known = refusal.source in (task.source, None)  # the record names it
            why = refusal.explained(on_command_line) if known else refusal.text(on_command_line)
        except MemoryError:
            why = "failed: not enough memory"
        except Exception as fault:  # one odd photo, or a store that hiccups, must not end the rest
            why = f"failed: {type(fault).__name__}: {fault}"
        error = " ".join(why.split())
        return PhotoRecord(task.source, key, error=error, name=task.name, version=task.version)

    def _do(self, task: Task, key: str) -> PhotoRecord:
        photo = self._cropper.open(read_source(task.source), task.source, self._job.read)
        options = task.options(self._job)
        with self._memory(self._cropper.analysis_bytes(photo, options)):
            analysis = self._cropper.analyse(photo, options.faces, options)
            found = sized_crops(self._cropper, analysis, task.ratios, options, self._job.sizing)
            focal = self._cropper.focal_analysed(analysis, options) if self._job.focal else None
        suffix = (self._job.suffix or suffix_for(photo)) if self._job.write_crops else ""
        choices = {decision.key: decision for decision in task.decisions}
        crops = [
            decided(record, _fitting(choices.get(key_of(record)), photo.size))
            for record in (self._record(task, crop, suffix) for crop in found)
        ]
        crops, files = self._renderer.encode(photo, crops)
        self._renderer.write(files, crops)
        return PhotoRecord(
            source=task.source,
            key=key,
            width=photo.size.width,
            height=photo.size.height,
            crops=tuple(crops),
            sizes=tuple((name, len(content)) for name, content in files.items()),
            name=task.name,
            version=task.version,
            keep=tuple(map(str, task.keep)),
            focal=focal,
        )

    def _record(self, task: Task, crop: Crop, suffix: str) -> CropRecord:
        named = (crop.ratio, crop.candidate)
        return CropRecord(
            ratio=str(crop.ratio),
            pixels=Size(*crop.ratio.pixels) if crop.ratio.pixels else None,
            candidate=crop.candidate,
            box=crop.box,
            confidence=round(crop.confidence, 4),
            centred=crop.centred,
            padding=crop.padding.margins if crop.padding else None,
            output=task.output(*named, suffix) if self._job.write_crops else None,
            sidecar=task.sidecar(*named, self._job) if self._job.sidecar else None,
        )


def _fitting(decision: Decision | None, size: Size) -> Decision | None:
    """A decision whose box lies in the photo.

    Raises:
        ImageError: it does not, since the photo is read in another way now.
    """
    if decision is not None and not Box(0, 0, *size).holds(decision.box):
        raise ImageError(
            None,
            (
                f"was reviewed at another size than {size.width} x {size.height}; crop it "
                "anew with ",
                Mention("redo"),
            ),
        )
    return decision
