"""The work to do: a job, with what holds for all photos, and a task for each photo."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from marscrop import __version__
from marscrop.batch.decisions import Decision
from marscrop.errors import OptionError
from marscrop.imaging.cost import DEFAULT_MAX_PIXELS
from marscrop.imaging.photo import DEFAULT_MAX_DECODED_BYTES
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions
from marscrop.imaging.write_options import DEFAULT_WRITE_OPTIONS, WriteOptions
from marscrop.options import DEFAULT_OPTIONS, CropOptions
from marscrop.ratio import AspectRatio
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest
from marscrop.sizing import AS_CUT, Sizing
from marscrop.window.regions import Region


@dataclass(frozen=True, slots=True)
class Job:
    """The settings that hold for every photo of a run.

    Attributes:
        target: folder or URL that crops and results go to.
        options: of each crop.
        sizing: of the sizes that crops come out at.
        read: how each photo is read.
        suffix: of the crops' files, such as ".webp"; None for the photo's own format.
        write: how crops are written.
        write_crops: whether crops are written, or only their boxes.
        sidecar: whether to write an XMP file for each crop.
        focal: whether to find each photo's focal point.
        model: folder of an exported model; None for the packaged one.
        max_pixels: largest photo that is not refused.
        max_decoded_bytes: most memory for one photo while its crops are found.
    """

    target: str
    options: CropOptions = DEFAULT_OPTIONS
    sizing: Sizing = AS_CUT
    read: ReadOptions = AS_A_WHOLE
    suffix: str | None = None
    write: WriteOptions = DEFAULT_WRITE_OPTIONS
    write_crops: bool = True
    sidecar: bool = False
    focal: bool = False
    model: Path | None = None
    max_pixels: int = DEFAULT_MAX_PIXELS
    max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES

    def __post_init__(self) -> None:
        """Raises OptionError: the target is empty, which would be wherever the run was started."""
        if not self.target:
            raise OptionError.of("target", "must be a folder or URL", self.target)

    def fingerprint(self) -> str:
        """A digest of all that may change a crop.

        That is the options, how photos are read, the model and marscrop's version; not the target,
        nor limits, which only refuse photos, nor whether the face detector is there, without which
        no photo of a job that asks for it is done.

        Raises:
            ModelError: the model is missing or malformed.
        """
        table = asdict(self)
        for other in ("target", "max_pixels", "max_decoded_bytes"):
            del table[other]
        table["model"] = Manifest.load(self.model or PACKAGED_MODEL).to_json()
        return _digest([__version__, table])


@dataclass(frozen=True, slots=True)
class Task:
    """A photo to crop.

    Attributes:
        source: absolute path or URL.
        version: of its content: size and entity tag or time of change; "" if it cannot be seen.
        stem: of its outputs, relative to the target, such as "2019/beach".
        ratios: of its crops.
        keep: boxes to keep in its crops besides the job's.
        error: why it cannot be done, which is known before it is tried; else None.
        name: of the photo, relative to the source that it was found in, such as "2019/beach.jpg".
        decisions: of people on its crops, of this version and of ratios that are asked for.
    """

    source: str
    version: str
    stem: str
    ratios: tuple[AspectRatio, ...]
    keep: tuple[Region, ...] = ()
    error: str | None = None
    name: str = ""
    decisions: tuple[Decision, ...] = ()

    def key(self, fingerprint: str) -> str:
        """A digest of all that its result depends on, but for people's decisions."""
        ratios = [(ratio.label, ratio.value, ratio.pixels) for ratio in self.ratios]
        keep = [str(region) for region in self.keep]
        return _digest([fingerprint, self.source, self.version, self.stem, ratios, keep])

    def options(self, job: Job) -> CropOptions:
        """The job's options, with the boxes to keep in this photo."""
        if not self.keep:
            return job.options
        return replace(job.options, keep=job.options.keep + self.keep)

    def output(self, ratio: AspectRatio, candidate: int, suffix: str) -> str:
        """The name of a crop's file in the target: beach_16x9.jpg, of the next beach_16x9_2.jpg."""
        further = f"_{candidate}" if candidate > 1 else ""
        return f"{self.stem}_{ratio.slug}{further}{suffix}"

    def sidecar(self, ratio: AspectRatio, candidate: int, job: Job) -> str:
        """The name of a sidecar: the photo's own if it has one crop only, as editors expect."""
        alone = len(self.ratios) * job.options.max_candidates == 1
        return f"{self.stem}.xmp" if alone else self.output(ratio, candidate, ".xmp")


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
