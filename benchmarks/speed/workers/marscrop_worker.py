"""marscrop, as a user calls it."""

from __future__ import annotations

from loop import serve

from marscrop import Cropper

cropper = Cropper()
serve(lambda path, width, height: list(cropper.crop(path, (width, height))[0].box))
