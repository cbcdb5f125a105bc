"""The cropper that integrations share, loaded when the first photo comes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marscrop.cropper import Cropper


@lru_cache(maxsize=1)
def shared_cropper() -> Cropper:
    """One a process, of the packaged model; it may be shared by threads."""
    from marscrop.cropper import Cropper

    return Cropper()
