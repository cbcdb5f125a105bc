"""What was seen of the latest photos, so that a further ratio needs no upload.

Features, of which no picture can be made; no pixels. A photo's key is the SHA-256 of its bytes.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from marscrop.analysis import Analysis


def key_of(content: bytes) -> str:
    """What a photo is called in answers."""
    return hashlib.sha256(content).hexdigest()


class KeptPhotos:
    """The most recently used ones, so many of them. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: OrderedDict[str, Analysis] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Analysis | None:
        """What is kept of a photo, if it still is."""
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
            return self._seen.get(key)

    def put(self, key: str, seen: Analysis) -> None:
        """Keep a photo, and forget those that were not asked for the longest."""
        with self._lock:
            self._seen[key] = seen
            self._seen.move_to_end(key)
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)

    def __len__(self) -> int:
        return len(self._seen)
