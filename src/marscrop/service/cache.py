"""A cache of the latest photos' analyses, so that a further ratio needs no upload.

It holds features, of which no picture can be made, and no pixels. A photo's key is the SHA-256 of
its bytes.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from marscrop.crops import Seen


def photo_key(content: bytes) -> str:
    """The key of a photo: what it is called in answers."""
    return hashlib.sha256(content).hexdigest()


class AnalysisCache:
    """The most recently used ones, so many of them. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Seen | None:
        """What is kept of a photo, if it still is."""
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
            return self._seen.get(key)

    def put(self, key: str, seen: Seen) -> None:
        """Keep a photo, and forget those that were not asked for the longest."""
        with self._lock:
            self._seen[key] = seen
            self._seen.move_to_end(key)
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)

    def __len__(self) -> int:
        return len(self._seen)
