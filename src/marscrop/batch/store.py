"""Where photos come from and crops go to: a folder on any filesystem that fsspec knows."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from marscrop.errors import MissingExtraError, OptionError, StorageError
from marscrop.files import concerns_all, reason, whole_file

STATE: Final = ".marscrop"
"""Folder inside the target for the journal and for files that are not whole yet."""

HALVES: Final = f"{STATE}/tmp"  # noqa: S108 - not the system's
"""Of it, the folder for the latter: what is in there after a run is of one that was killed."""

_CHANGE_MARKS: Final = ("ETag", "etag", "md5Hash", "mtime", "LastModified", "updated", "created")
"""Entries of `fs.info` that change with a file's content, the most telling first."""


@dataclass(frozen=True)
class Store:
    """A folder, local or in an object store. Cheap to pickle: it connects when it is used.

    Attributes:
        url: as the user wrote it, such as "crops" or "s3://bucket/crops".
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
        """The folder as its filesystem writes it, without the protocol."""
        return self._place[1]

    @property
    def local(self) -> Path | None:
        """The folder where it is one of this machine; else None."""
        return Path(self.root) if is_local(self.fs) else None

    def path(self, name: str) -> str:
        """Of a file in this folder, for the filesystem."""
        return f"{self.root.rstrip('/')}/{name}"

    def put(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all; one that is there already is replaced.

        Raises:
            StorageError: no file can be written here, see `prepare`.
            Exception: this one cannot, as its filesystem has it.
        """
        if self.local is None:
            self.fs.pipe_file(self.path(name), content)  # one request: object stores show no halves
            return
        with self.writing():
            self._put_locally(self.local, name, content)

    def prepare(self) -> None:
        """Make the folder, if it is one of this machine.

        Nothing else makes it: one that vanishes during a run, as a disk that is unplugged, is not
        made anew where it was.

        Raises:
            StorageError: it cannot be made.
        """
        if self.local is not None:
            with self.writing(OSError):
                (self.local / HALVES).mkdir(parents=True, exist_ok=True)

    @contextlib.contextmanager
    def writing(self, *kinds: type[BaseException]) -> Iterator[None]:
        """Tell what ails the folder as a whole from what ails one file.

        Args:
            kinds: of errors that are always the folder's.

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
        return self.local is not None and not (self.local / HALVES).is_dir()

    def _put_locally(self, root: Path, name: str, content: bytes) -> None:
        temporary = root / HALVES / secrets.token_hex(8)
        with whole_file(root / name, temporary) as file:
            file.write(content)
            # Now that there is a file in the folder: one that vanished must not be made anew.
            (root / name).parent.mkdir(parents=True, exist_ok=True)

    def sizes(self) -> dict[str, int]:
        """Bytes of every file in this folder, by its name; empty where there is no folder."""
        try:
            found = self.fs.find(self.root, detail=True)
        except FileNotFoundError:
            return {}
        skip = len(self.root.rstrip("/")) + 1
        return {path[skip:]: int(info["size"]) for path, info in found.items()}


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec filesystem of a URL or local path, and the path there.

    Raises:
        MissingExtraError: fsspec is missing.
        OptionError: its part for that protocol is, or nobody knows such a protocol.
    """
    try:
        import fsspec

        fs, path = fsspec.core.url_to_fs(url)
    except ModuleNotFoundError:
        raise MissingExtraError("batch needs its extra", "batch") from None
    except (ImportError, ValueError) as error:  # "Install s3fs to access S3", "Protocol not known"
        raise OptionError(f"{url}: {error}", got=url) from None
    return fs, str(path)


def is_local(fs: Any) -> bool:
    """Whether a filesystem is this machine's own."""
    protocol = fs.protocol if isinstance(fs.protocol, tuple) else (fs.protocol,)
    return "file" in protocol


def address(fs: Any, path: str) -> str:
    """A path for people and manifests: absolute, with its protocol unless it is local."""
    return path if is_local(fs) else str(fs.unstrip_protocol(path))


def version(info: dict[str, Any]) -> str:
    """What changes when the file changes: its size, and its entity tag or time of change."""
    mark = next((info[key] for key in _CHANGE_MARKS if info.get(key) is not None), "")
    return f"{info.get('size')}-{mark}"
