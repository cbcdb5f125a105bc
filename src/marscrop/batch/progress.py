"""The progress of a run, for people: one line that changes, or a line now and then in a log."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from typing import Final, Self, TextIO

from marscrop.batch.records import PhotoRecord

_TERMINAL_SECONDS: Final = 0.2
_LOG_SECONDS: Final = 30.0
_RATE_PHOTOS: Final = 500
"""Last photos that the rate is of, as libraries have stretches of small and of large ones."""


class Progress:
    """A watcher of a run that writes to a stream."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._total = self._ready = self._failed = 0
        self._shown_at = time.monotonic()
        self._times: deque[float] = deque(maxlen=_RATE_PHOTOS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._terminal and self._total:
            self._tell("\r\x1b[K")

    def begin(self, total: int, done: int) -> None:
        """Write how many photos there are, and how many were done before."""
        self._total, self._ready = total, done
        self._times.append(time.monotonic())
        before = f", {done:,} of them done before" if done else ""
        self._tell(f"{total:,} photos{before}\n")

    def photo(self, record: PhotoRecord) -> None:
        """Count a photo that is done or has failed, and write the line where it is due."""
        self._ready += 1
        self._failed += record.error is not None
        now = time.monotonic()
        self._times.append(now)
        if now - self._shown_at >= (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS):
            self._shown_at = now
            line = progress_line(self._ready, self._total, self._failed, self._rate())
            self._tell(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")

    def _tell(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a log that is full must not end the run
            self._stream.write(text)
            self._stream.flush()

    def _rate(self) -> float:
        """The rate of the last photos, in photos a second."""
        seconds = self._times[-1] - self._times[0]
        return (len(self._times) - 1) / seconds if seconds > 0 else 0.0


def progress_line(ready: int, total: int, failed: int, rate: float) -> str:
    """The line of progress, such as "120/2,000  45.1/s  0:41 left  3 failed".

    Args:
        ready: photos done or failed.
        total: photos.
        failed: photos that failed.
        rate: photos a second; 0 where it is not known yet.
    """
    parts = [f"{ready:,}/{total:,}"]
    if rate > 0:
        parts += [f"{rate:.1f}/s", f"{_clock((total - ready) / rate)} left"]
    if failed:
        parts.append(f"{failed:,} failed")
    return "  ".join(parts)


def _clock(seconds: float) -> str:
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
