"""The paths that `marscrop crop` writes to, each decided once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from marscrop.cli.process import refuse
from marscrop.errors import ImageError
from marscrop.spelling import Mention

if TYPE_CHECKING:
    from marscrop.crop import Crop
    from marscrop.imaging.photo import Photo


class OutputPaths:
    """Paths of crops: none twice, and none of one of the photos."""

    def __init__(
        self,
        images: Sequence[str],
        crops_each: int,
        output: Path | None,
        file_type: str | None,
    ) -> None:
        self._suffix = f".{file_type.lower().lstrip('.')}" if file_type else None
        self._file = self._folder = None
        try:
            if self._suffix:
                _check_format(f"crop{self._suffix}")
            if output is not None and output.suffix and not output.is_dir():
                _check_format(output)
                self._file = output
        except ImageError as error:
            refuse(error)
        if self._file and len(images) * crops_each > 1:
            refuse(
                f"-o {output} is one file, but there are {len(images) * crops_each} crops; "
                f"name a folder"
            )
        if output is not None and self._file is None:
            self._folder = output
            try:
                output.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                refuse(f"-o {output}: the folder cannot be made ({error.strerror})")
        self._taken = {_real(Path(image)): image for image in images}

    def of(self, image: str, photo: Photo, crops: Sequence[Crop]) -> list[Path]:
        """A path for each crop.

        Raises:
            ImageError: a path is one of the photos, or was given to an earlier one.
        """
        from marscrop.imaging.output_format import suffix_for

        source = Path(image)
        folder = self._folder or source.parent
        suffix = self._suffix or suffix_for(photo)
        paths = [folder / f"{source.stem}_{_ending(crop)}{suffix}" for crop in crops]
        if self._file:
            paths = [self._file]
        for path in paths:
            owner = self._taken.get(_real(path))
            if owner is not None:
                raise ImageError(
                    image,
                    (
                        f"its crop would overwrite {path}, which belongs to {owner}; choose "
                        f"another folder with ",
                        Mention("target"),
                    ),
                )
        self._taken.update({_real(path): f"the crops of {image}" for path in paths})
        return paths


def _check_format(path: str | Path) -> None:
    from marscrop.imaging.output_format import output_format

    output_format(path)


def _ending(crop: Crop) -> str:
    """16x9 for the best crop, 16x9_2 for the next."""
    return crop.ratio.slug + (f"_{crop.candidate}" if crop.candidate > 1 else "")


def _real(path: Path) -> Path:
    return path.resolve()
