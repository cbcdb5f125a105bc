"""Where `marscrop crop` writes: `-o`, `--format` and `--name`, understood together."""

from __future__ import annotations

import os
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

from marscrop.cli.name_template import DEFAULT, NameTemplate
from marscrop.cli.process import refuse
from marscrop.errors import ImageError

if TYPE_CHECKING:
    from marscrop.cli.sources import SourceFile

STDOUT: Final = "-"


class Destination(NamedTuple):
    """Where crops go.

    Attributes:
        template: of their names, in folders.
        folder: for all of them; None for beside each photo.
        file: for the only one, in place of a folder.
        stdout: whether the only one is written there.
        suffix: of the format that was asked for; None for the photo's.
    """

    template: NameTemplate
    folder: Path | None = None
    file: Path | None = None
    stdout: bool = False
    suffix: str | None = None

    @classmethod
    def parse(cls, output: str | None, file_type: str | None, name: str | None) -> Destination:
        """What was written; exit code 2 where that cannot be understood, or contradicts itself."""
        template = NameTemplate.parse(name or DEFAULT)
        suffix = suffix_of_type(file_type)
        if template.suffix:
            _check_agrees(f"--name {name}", template.suffix, file_type, suffix)
        suffix = suffix or template.suffix
        if output is None:
            return cls(template, suffix=suffix)
        if output == STDOUT:
            if name:
                refuse("--name is for files, and -o - writes to stdout; leave one out")
            return cls(template, stdout=True, suffix=suffix)
        if _is_file(output):
            if name:
                refuse(f"--name is for folders, and -o {output} is a file; leave one out")
            _check_agrees(f"-o {output}", PurePath(output).suffix.lower(), file_type, suffix)
            return cls(template, file=Path(output), suffix=suffix)
        return cls(template, folder=Path(output), suffix=suffix)

    def check_count(self, photos: int, crops_each: int) -> None:
        """Exit code 2 where there is one place for several crops, or one name."""
        if self.stdout or self.file:
            place = "-o - is one picture" if self.stdout else f"-o {self.file} is one file"
            if photos * crops_each > 1:
                refuse(f"{place}, but there are {photos * crops_each} crops; name a folder")
        else:
            self.template.check_distinct(crops_each, photos)

    def make_folder(self) -> None:
        """The folder is there; exit code 2 where it cannot be made."""
        if self.folder is not None:
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                refuse(f"-o {self.folder}: the folder cannot be made ({error.strerror})")

    def folder_of(self, source: SourceFile) -> Path:
        """The folder that the names of a photo's crops are relative to."""
        return self.folder / source.below if self.folder else Path(source.path).parent


def known_suffix(path: PurePath) -> str | None:
    """A path's suffix, in lower case, if crops can be written as that; else None."""
    from marscrop.imaging.output_format import FORMATS

    suffix = path.suffix.lower()
    return suffix if any(suffix in one.suffixes for one in FORMATS) else None


def suffix_of_type(file_type: str | None) -> str | None:
    """The suffix that `--format` asks for; exit code 2 where crops cannot be written as that."""
    if file_type is None:
        return None
    suffix = f".{file_type.lower().lstrip('.')}"
    _check_format(f"crop{suffix}")
    return suffix


def _is_file(output: str) -> bool:
    """Whether a path is that of a picture, and not of a folder; exit code 2 for spelling errors."""
    path = PurePath(output)
    if not path.suffix or output.endswith(("/", os.sep)) or os.path.isdir(output):  # noqa: PTH112
        return False
    if known_suffix(path):
        _check_format(output)
        return True
    from marscrop.imaging.photo_suffixes import PHOTO_SUFFIXES, RAW_SUFFIXES

    suffix = path.suffix.lower()
    if suffix in PHOTO_SUFFIXES | RAW_SUFFIXES:
        _check_format(output)
    from difflib import get_close_matches

    near = get_close_matches(suffix, _suffixes(), n=1, cutoff=0.7)
    if near and suffix[1:].isalpha():
        refuse(
            f"-o {output}: crops cannot be written as {suffix}; did you mean {near[0]}? "
            f"A folder of that name is -o {output}/"
        )
    return False


def _suffixes() -> list[str]:
    from marscrop.imaging.output_format import FORMATS

    return [suffix for one in FORMATS for suffix in one.suffixes]


def _check_agrees(what: str, own: str, file_type: str | None, suffix: str | None) -> None:
    """Exit code 2 where a file's name asks for another format than `--format`."""
    from marscrop.imaging.output_format import output_format

    _check_format(f"crop{own}")
    if suffix and output_format(f"crop{own}") is not output_format(f"crop{suffix}"):
        refuse(f"{what} asks for another format than --format {file_type}; leave one out")


def _check_format(path: str) -> None:
    from marscrop.imaging.output_format import output_format

    try:
        output_format(path)
    except ImageError as error:
        refuse(error)
