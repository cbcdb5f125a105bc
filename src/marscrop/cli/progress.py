"""The progress of `marscrop crop`: one line that changes, on a terminal only."""

from __future__ import annotations

import contextlib
import time
from typing import Self, TextIO


class Progress:
    """A line on a stream, where that is a terminal and there are several photos."""

    def __init__(self, stream: TextIO | None, total: int) -> None:
        """No photo is done.

        Args:
            stream: that the line is written to; None where stderr is closed.
            total: photos.
        """
        self._stream = stream if stream and stream.isatty() and total > 1 else None
        self._total = total
        self._done = self._failed = 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away, for others that are printed."""
        self._tell("\r\x1b[K")

    def photo(self, *, failed: bool) -> None:
        """Count a photo, and write the line."""
        self._done += 1
        self._failed += failed
        if self._stream and self._done < self._total:
            from marscrop.batch.progress import progress_line

            seconds = time.monotonic() - self._began
            rate = self._done / seconds if seconds > 0 else 0.0
            self._tell("\r" + progress_line(self._done, self._total, self._failed, rate) + "\x1b[K")

    def _tell(self, text: str) -> None:
        if self._stream:
            with contextlib.suppress(OSError):  # a terminal that is gone must not end the run
                self._stream.write(text)
                self._stream.flush()
