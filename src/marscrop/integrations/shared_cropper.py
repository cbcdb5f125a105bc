"""The cropper that integrations share in a process, loaded when the first photo comes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marscrop.cropper import Cropper


@lru_cache(maxsize=1)
def shared_cropper() -> Cropper:
    """The cropper of this process, with the packaged model; threads may share it."""
    from marscrop.cropper import Cropper

    return Cropper()
