"""A cache of the latest photos' analyses, so that a further ratio needs no upload.

It holds features and subject maps, of which no picture can be made, and no pixels. A photo's key
is the SHA-256 of its bytes, and of how they are read where something is asked of that.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from marscrop.analysis import Analysis
from marscrop.imaging.read_options import AS_A_WHOLE, ReadOptions


def photo_key(content: bytes, read: ReadOptions = AS_A_WHOLE) -> str:
    """The key of a photo: what it is called in answers."""
    digest = hashlib.sha256(content)
    if read != AS_A_WHOLE:
        digest.update(repr(read).encode())
    return digest.hexdigest()


class AnalysisCache:
    """The most recently used analyses, so many of them. Safe to share between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._analyses: OrderedDict[str, Analysis] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Analysis | None:
        """The analysis of a photo, if it is still here."""
        with self._lock:
            if key in self._analyses:
                self._analyses.move_to_end(key)
            return self._analyses.get(key)

    def put(self, key: str, analysis: Analysis) -> None:
        """Keep one, and forget those that were not asked for the longest."""
        with self._lock:
            self._analyses[key] = analysis
            self._analyses.move_to_end(key)
            while len(self._analyses) > self._most:
                self._analyses.popitem(last=False)

    def __len__(self) -> int:
        return len(self._analyses)
