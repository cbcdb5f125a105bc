"""Memory that decoded photos share: who needs some waits until it is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

PIXEL_BYTES: Final = 4
"""Of a decoded pixel, as Pillow keeps it."""

MOST_BYTES: Final = 25_000_000 * PIXEL_BYTES
"""Held at the same time: two photos of 12 megapixels. With as much for what is cut out of them,
200 MB. A larger photo waits until it is alone."""


class StoppedError(Exception):
    """The work that waits is given up."""


class MemoryBudget:
    """So many bytes, shared by threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._held = 0
        self._stopped = False
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, size: int) -> Iterator[None]:
        """Hold so many bytes as long as the block lasts; wait until they fit, or are alone.

        Not to be entered within another block.

        Raises:
            StoppedError: `stop` was called.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._stopped or not self._held or self._held + size <= self._most
            )
            if self._stopped:
                raise StoppedError
            self._held += size
        try:
            yield
        finally:
            with self._changed:
                self._held -= size
                self._changed.notify_all()

    def stop(self) -> None:
        """Give up all that waits, now and later."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
