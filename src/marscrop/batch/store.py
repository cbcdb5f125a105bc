"""Folders and files on any filesystem that fsspec knows, local or in an object store."""

from __future__ import annotations

import contextlib
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import Any, Final

from marscrop.errors import ImageError, MissingExtraError, OptionError, StorageError
from marscrop.files import concerns_all, reason, whole_file

STATE: Final = ".marscrop"
"""Folder inside the target for the journal and for files in the course of being written."""

PARTIAL_FILES: Final = f"{STATE}/tmp"  # noqa: S108 - not the system's
"""Folder in it for the latter; what is left there after a run is of one that was killed."""

_CHANGE_MARKS: Final = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "updated", "created")
"""Entries of `fs.info` that change with a file's content, the most reliable first."""

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Store:
    """A folder, local or in an object store. Cheap to pickle: it connects when it is used.

    Attributes:
        url: path or URL as the user wrote it, such as "crops" or "s3://bucket/crops".
    """

    url: str

    @cached_property
    def _place(self) -> tuple[Any, str]:
        return filesystem(self.url)

    @property
    def fs(self) -> Any:
        """The fsspec filesystem."""
        return self._place[0]

    @property
    def root(self) -> str:
        """The folder's path on its filesystem, without the protocol."""
        return self._place[1]

    @property
    def local(self) -> Path | None:
        """The folder if it is on this machine; else None."""
        return Path(self.root) if is_local(self.fs) else None

    def path(self, name: str) -> str:
        """The path of a file in this folder, on its filesystem.

        Raises:
            ImageError: it would lie elsewhere, see `check_inside`.
        """
        check_inside(name)
        return f"{self.root.rstrip('/')}/{name}"

    def put(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all; one that is there already is replaced.

        Raises:
            ImageError: the file would lie elsewhere, see `check_inside`.
            StorageError: no file can be written in this folder.
            Exception: this file cannot; each filesystem raises its own.
        """
        check_inside(name)
        if self.local is None:
            self.fs.pipe_file(self.path(name), content)  # one request: object stores show no halves
            return
        with self.writing():
            self._put_locally(self.local, name, content)

    def remove(self, name: str) -> None:
        """Remove a file of this folder, if it is there.

        Raises:
            ImageError: the file would lie elsewhere, see `check_inside`.
            StorageError: nothing can be written in this folder.
            Exception: this file cannot be removed; each filesystem raises its own.
        """
        path = self.path(name)
        with self.writing(), contextlib.suppress(FileNotFoundError):
            if self.local is not None:
                Path(path).unlink()
            else:
                self.fs.rm_file(path)

    def prepare(self) -> None:
        """Make the folder, if it is on this machine.

        Nothing else makes it: if it vanishes during a run, as when a disk is unplugged, it is not
        made again in its place.

        Raises:
            StorageError: it cannot be made.
        """
        if self.local is not None:
            with self.writing(OSError):
                (self.local / PARTIAL_FILES).mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def writing(self, *kinds: type[BaseException]) -> Iterator[None]:
        """A block that writes; what is wrong with the whole folder is raised as a `StorageError`.

        Args:
            kinds: errors that are always the folder's. Of others, those that concern one file
                pass through.

        Raises:
            StorageError: the folder is full, read-only or gone.
        """
        try:
            yield
        except StorageError:
            raise
        except Exception as error:
            if isinstance(error, FileNotFoundError) and self._has_vanished():
                what = "the folder has vanished"
            elif isinstance(error, kinds) or concerns_all(error):
                what = reason(error)
            else:
                raise
            raise StorageError(self.url, f"cannot be written: {what}") from error

    def _has_vanished(self) -> bool:
        return self.local is not None and not (self.local / PARTIAL_FILES).is_dir()

    def _put_locally(self, root: Path, name: str, content: bytes) -> None:
        temporary = root / PARTIAL_FILES / secrets.token_hex(8)
        with whole_file(root / name, temporary) as file:
            file.write(content)
            # Only now, with a file in the folder: one that vanished must not be made again.
            (root / name).parent.mkdir(parents=True, exist_ok=True)

    def sizes(self) -> dict[str, int]:
        """The size of every file in this folder, by its name; empty where there is no folder."""
        try:
            found = self.fs.find(self.root, detail=True)
        except FileNotFoundError:
            return {}
        skip = len(self.root.rstrip("/")) + 1
        return {path[skip:]: int(info["size"]) for path, info in found.items()}


def clear_partial_files(store: Store) -> None:
    """Remove files that a killed run was writing."""
    if store.local is not None:
        for path in (store.local / PARTIAL_FILES).glob("*"):
            with contextlib.suppress(OSError):
                path.unlink()


def check_inside(name: str) -> None:
    """Nothing, for a name that leads into the folder that it is relative to.

    Names come from lists and stores of others. They are read as Windows reads them, everywhere:
    there a backslash parts folders as a slash does.

    Raises:
        ImageError: it is empty or absolute, begins with a drive, or has "..".
    """
    path = PureWindowsPath(name)
    if path.anchor or not path.parts or ".." in path.parts:
        raise ImageError(name, "would be written outside of the target")


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec filesystem of a URL or local path, and the path there.

    Raises:
        MissingExtraError: fsspec is missing.
        OptionError: it is empty or incomplete, its store cannot be reached, or its protocol is
            unknown or needs a package that is missing.
    """
    try:
        import fsspec
    except ModuleNotFoundError:
        raise MissingExtraError("batch needs its extra", "batch") from None
    if not url:
        raise OptionError("expected a path or URL; got ''", got=url)
    try:
        if "://" not in url:  # a file, were it called a::b.jpg
            local = fsspec.filesystem("file")
            return local, str(local._strip_protocol(url))
        fs, path = fsspec.core.url_to_fs(url)
        if "::" not in url:
            return fs, str(path)
        # The path is that of the first part alone, which leads to another file, or to none.
        why = "is a chained URL, with ::, which batch does not take; unpack or copy its files first"
    except (ImportError, ValueError) as error:  # "Install s3fs to access S3", "Protocol not known"
        why = reason(error)
    except (TypeError, AttributeError, LookupError):  # what a host or another URL is missing for
        why = "is no complete URL"
    except Exception as error:
        why = f"cannot be reached: {reason(error)}"
    # Not in the block above: the filesystem that was half made would live as long as this error.
    raise OptionError(why, got=url).about(url)


@contextlib.contextmanager
def half_made_unheard() -> Iterator[None]:
    """A block in which no trace is printed of filesystems that could not be made.

    fsspec's for FTP closes in `__del__` a connection that it never had.
    """
    hook = sys.unraisablehook

    def quieter(unraisable: Any) -> None:
        if not str(getattr(unraisable.object, "__module__", "")).startswith("fsspec."):
            hook(unraisable)

    sys.unraisablehook = quieter
    try:
        yield
    finally:
        sys.unraisablehook = hook


def is_local(fs: Any) -> bool:
    """Whether a filesystem is this machine's own."""
    protocol = fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)
    return "file" in protocol


def address(fs: Any, path: str) -> str:
    """A path for people and results: absolute, with its protocol unless it is local."""
    return path if is_local(fs) else str(fs.unstrip_protocol(path))


def encodable(text: str) -> str:
    """A path or message that UTF-8 can write: what no Unicode is becomes an escape, \\udcff."""
    return text.encode(errors="backslashreplace").decode()


def on_one_line(text: str) -> str:
    """The same, with escapes for whatever breaks lines or moves a terminal's cursor."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), encodable(text))


def content_version(info: dict[str, Any]) -> str:
    """The version of a file's content: its size, and its entity tag or time of change."""
    mark = next((info[key] for key in _CHANGE_MARKS if info.get(key) is not None), "")
    if isinstance(mark, datetime):  # some stores list a number, where they tell a time of one file
        mark = mark.timestamp()
    return f"{info.get('size')}-{mark}"
