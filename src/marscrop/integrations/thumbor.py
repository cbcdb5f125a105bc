"""A detector for thumbor: `/smart` URLs get marscrop's crop of the ratio that they ask for.

In thumbor.conf: `DETECTORS = ["marscrop.integrations.thumbor"]`.

thumbor's detectors usually name focal points, around which it then puts the largest window; and it
keeps the points of a photo whatever ratio they were found for. So this one sets the crop itself,
as if the URL had named it, and names no points. Points that are there already, from an editor's
`focal` filter or from thumbor's storage, go before it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from thumbor.detectors import BaseDetector

from marscrop.errors import MarscropError
from marscrop.imaging.orientation import as_stored
from marscrop.integrations.shared_cropper import shared_cropper
from marscrop.ratio import AspectRatio


class Detector(BaseDetector):  # type: ignore[misc]
    """The class that thumbor loads."""

    async def detect(self) -> None:
        """Set the request's crop, or pass the photo on to the next detector.

        It is passed on where the URL has its own crop, or asks for no width, no height or `fit-in`;
        and where marscrop refuses the photo. Where the request has focal points already, nothing is
        done: thumbor crops around those.
        """
        if self.context.request.focal_points:
            return
        ratio = self._asked_ratio()
        if ratio is not None:
            # thumbor turns photos itself, if RESPECT_ORIENTATION says so, and keeps their tags: a
            # crop has to be one of the pixels that it will cut.
            photo = as_stored(self.context.request.engine.image)
            try:
                # The event loop serves others meanwhile.
                crops = await asyncio.to_thread(shared_cropper().crop, photo, ratio)
            except MarscropError:
                crops = []
            for crop in crops:
                self.context.request.crop = dict(
                    zip(("left", "top", "right", "bottom"), crop.box, strict=True)
                )
                self.context.request.should_crop = True
                return
        await self.next()

    def _asked_ratio(self) -> AspectRatio | None:
        """The ratio that the URL asks for; None where it leaves no crop to choose."""
        request: Any = self.context.request
        if request.should_crop or request.fit_in:
            return None
        width, height = (
            own if asked == "orig" else asked
            for asked, own in zip((request.width, request.height), request.engine.size, strict=True)
        )
        return AspectRatio(width, height) if width and height else None
