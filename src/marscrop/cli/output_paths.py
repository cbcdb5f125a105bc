"""The paths that `marscrop crop` writes to, each decided once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from marscrop.cli.destination import Destination
from marscrop.cli.sources import SourceFile
from marscrop.errors import ImageError
from marscrop.files import reason
from marscrop.geometry import Size
from marscrop.spelling import Mention

if TYPE_CHECKING:
    from marscrop.imaging.photo import Photo
    from marscrop.ratio import AspectRatio

Existing = Literal["refuse", "skip", "replace"]
"""What becomes of a file that is there already."""


class NamedCrop(NamedTuple):
    """What names of crops are made of; its size may be unknown where they do not tell it."""

    ratio: AspectRatio
    candidate: int = 1
    size: Size | None = None


class OutputPaths:
    """Paths of crops: none twice, none of one of the photos, and of a file only if asked."""

    def __init__(
        self, destination: Destination, sources: Sequence[SourceFile], existing: Existing
    ) -> None:
        self.destination = destination
        self._existing = existing
        self._taken = {_real(Path(one.path)): one.path for one in sources if one.content is None}

    @property
    def told_early(self) -> bool:
        """Whether paths can be told before the crops are found, one of each ratio."""
        return not self.destination.template.fields & {"width", "height"}

    def of(
        self, source: SourceFile, index: int, photo: Photo, crops: Sequence[NamedCrop]
    ) -> list[Path]:
        """A path for each crop; on stdout one whose suffix tells the format.

        Args:
            source: the photo.
            index: its place among the photos, from 0.
            photo: that is open.
            crops: of it.

        Raises:
            ImageError: a path is one of the photos, was given to an earlier one, or is a file that
                is there and may not be replaced.
        """
        from marscrop.imaging.output_format import suffix_for

        suffix = self.destination.suffix or suffix_for(photo)
        if self.destination.stdout:
            return [Path(f"crop{suffix}")]
        if self.destination.file:
            paths = [self.destination.file]
        else:
            folder = self.destination.folder_of(source)
            paths = [folder / self._name(source, index, crop, suffix) for crop in crops]
        owned: dict[Path, str] = {}
        for path in paths:
            owner = self._taken.get(_real(path)) or owned.get(_real(path))
            if owner is not None:
                raise ImageError(
                    source.path,
                    (
                        f"its crop would overwrite {path}, which belongs to {owner}; choose "
                        f"another folder with ",
                        Mention("target"),
                    ),
                )
            owned[_real(path)] = f"the crops of {source.path}"
            if self._existing == "refuse" and path.exists():
                raise ImageError(
                    source.path,
                    (
                        *(f"{path} is there already; ", Mention("overwrite"), " replaces it, "),
                        *(Mention("skip_existing"), " leaves it"),
                    ),
                )
        self._taken.update(owned)
        return paths

    def make_folders(self, source: SourceFile, path: Path) -> None:
        """The folders of a path are there, below the one that was given, which is not made anew.

        Raises:
            ImageError: one cannot be made.
        """
        top = self.destination.folder or Path(source.path).parent
        below = path.parent.parts[len(top.parts) :]
        try:
            for count in range(1, len(below) + 1):
                Path(top, *below[:count]).mkdir(exist_ok=True)
        except FileNotFoundError:
            pass  # whoever writes the file says it
        except OSError as error:
            raise ImageError(path, f"its folder cannot be made: {reason(error)}") from error

    def stays(self, path: Path) -> bool:
        """Whether a file is there that is to be left as it is."""
        return self._existing == "skip" and not self.destination.stdout and path.exists()

    def _name(self, source: SourceFile, index: int, crop: NamedCrop, suffix: str) -> str:
        width, height = crop.size or (0, 0)
        return self.destination.template.name(
            stem=source.stem,
            ratio=crop.ratio.slug,
            width=width,
            height=height,
            candidate=crop.candidate,
            index=index + 1,
            ext=suffix,
        )


def _real(path: Path) -> Path:
    return path.resolve()
