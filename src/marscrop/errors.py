"""Every error that marscrop raises on purpose, with its data.

    MarscropError
    |-- ImageError          an image that cannot be found, read or written: source, reason
    |   |-- LimitError      one that is beyond a limit: name, value, limit
    |   `-- TruncatedError  one whose file ends before its picture does
    |-- OptionError         an option that cannot be understood: option, got
    |   `-- RatioError      an aspect ratio that cannot be
    |-- ConstraintError     what is understood, and cannot be met by a photo: source, reason
    |-- ModelError          a model that is missing, changed or unknown: source, reason
    |-- StorageError        a place for results that takes no more: source, reason
    `-- MissingExtraError   a part of marscrop that is not installed: extra

`str(error)` is one line in Python's words: what was expected, what came, and what to do. Who
speaks to somebody else chooses other words: `error.text(on_command_line)`, or the data.
"""

from __future__ import annotations

import os
from typing import Final, Self

from marscrop.spelling import Mention, Spelling, Text, in_python, spelled

IN_CHECKOUT: Final = "in a checkout of marscrop"
"""Where its commands to install are for, until marscrop is on a package index."""


def installing(extra: str = "", *, folder: str = ".") -> str:
    """The command that installs marscrop, and where: it is on no package index yet.

    Args:
        extra: what to install with it, such as "heic".
        folder: of the distribution in the repository; "./research" is marscrop-research.
    """
    return f"{install_command(extra, folder=folder)} {IN_CHECKOUT}"


def install_command(extra: str = "", *, folder: str = ".") -> str:
    """`installing` without the place."""
    return f"pip install '{folder}[{extra}]'" if extra else f"pip install {folder}"


class MarscropError(Exception):
    """Base of all errors of this package.

    Attributes:
        source: what it is about: a path, or a name such as "<bytes>"; None where that is not
            known, or nothing.
        reason: what is wrong, and what to do.
    """

    def __init__(self, reason: Text, source: str | None = None) -> None:
        super().__init__(reason, source)
        self.reason: Text = reason
        self.source = source

    def text(self, spelling: Spelling = in_python) -> str:
        """One line for a person, with options as that person writes them."""
        reason = self.explained(spelling)
        return reason if self.source is None else f"{self.source}: {reason}"

    def explained(self, spelling: Spelling = in_python) -> str:
        """The same without the source."""
        return spelled(self.reason, spelling)

    def about(self, source: str) -> Self:
        """This error, of `source` if nobody had said what it is about."""
        if self.source is None:
            self.source = source
        return self

    def __str__(self) -> str:
        return self.text()


class _SourceError(MarscropError):
    """An error that is always about something; None stands for what only the caller can name."""

    def __init__(self, source: str | os.PathLike[str] | None, reason: Text) -> None:
        super().__init__(reason, None if source is None else os.fspath(source))
        self.args = (source, reason)  # pickle calls with these


class ImageError(_SourceError):
    """An image that cannot be found, read, or written."""


class LimitError(ImageError):
    """An image that is beyond a limit, read from its header alone.

    Attributes:
        name: of the limit, such as "max_pixels".
        value: of the image, in the limit's unit.
        limit: that was set.
        fact: what the image is, without what to do about it.
    """

    def __init__(
        self, source: str | None, name: str, value: int, limit: int, fact: str, advice: str
    ) -> None:
        super().__init__(source, (f"{fact}; {advice} or raise ", Mention(name)))
        self.args = (source, name, value, limit, fact, advice)
        self.name, self.value, self.limit, self.fact = name, value, limit, fact


class TruncatedError(ImageError):
    """An image whose file ends before its picture does."""


class OptionError(MarscropError, ValueError):
    """An option that cannot be understood, or is out of its range.

    Attributes:
        option: its name; None where it has none.
        got: what was given.
    """

    def __init__(self, reason: Text, option: str | None = None, got: object = None) -> None:
        super().__init__(reason)
        self.args = (reason, option, got)
        self.option, self.got = option, got

    @classmethod
    def of(cls, option: str, expected: str, got: object) -> Self:
        """`option` must be `expected`, and is `got`."""
        return cls((Mention(option), f" {expected}; got {got!r}"), option, got)


class RatioError(OptionError):
    """An aspect ratio that cannot be understood."""


class ConstraintError(MarscropError, ValueError):
    """A constraint on crops that is understood, and that a photo cannot meet."""


class ModelError(_SourceError):
    """A model that is missing, changed, truncated, or of an unknown format."""


class StorageError(_SourceError):
    """A place for results that is full, read-only, or gone: whatever is written there fails."""


class MissingExtraError(MarscropError):
    """A part of marscrop that is installed on request only, and is not installed.

    Attributes:
        extra: its name, such as "faces".
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what}: {installing(extra)}")
        self.args = (what, extra)
        self.extra = extra
