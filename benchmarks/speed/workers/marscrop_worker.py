"""marscrop, as a user calls it who has not installed the face detector."""

from __future__ import annotations

from loop import serve

from marscrop import Cropper

cropper = Cropper()
serve(lambda path, width, height: list(cropper.crop(path, (width, height), faces="ignore")[0].box))
