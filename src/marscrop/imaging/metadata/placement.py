"""Where a place of the photo lies in its crop: for all that metadata say of places."""

from __future__ import annotations

from dataclasses import dataclass

from marscrop.geometry import Box, Margins, Size, Window
from marscrop.imaging.orientation import UPRIGHT, stored_window, turned_size, upright_window

_NO_MARGINS = Margins(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Placement:
    """A crop within its photo.

    Attributes:
        photo: size of the upright photo [px].
        orientation: EXIF orientation that the photo is stored with, 1..8.
        box: of the upright photo that is kept [px].
        margins: that are added around it [px].
        size: of what comes out, upright [px]; other than box and margins where it is scaled.
        orientation_after: that the crop is stored with.
    """

    photo: Size
    orientation: int
    box: Box
    margins: Margins = _NO_MARGINS
    size: Size | None = None
    orientation_after: int = UPRIGHT

    @property
    def stored_photo(self) -> Size:
        """Size of the photo as it is stored [px]."""
        return turned_size(self.photo, self.orientation)

    @property
    def upright_size(self) -> Size:
        """Of the crop [px]."""
        return self.size or self._canvas

    @property
    def stored_size(self) -> Size:
        """Of the crop as it is stored [px]."""
        return turned_size(self.upright_size, self.orientation_after)

    @property
    def is_scaled(self) -> bool:
        """Whether a pixel of the crop is no pixel of the photo."""
        return self.upright_size != self._canvas

    def of_stored(self, area: Window) -> Window | None:
        """An area of the photo as it is stored, in the crop as it is stored [px].

        Returns:
            what the crop shows of it; None where its middle is cut off.
        """
        return self.of_upright(upright_window(area, self.photo, self.orientation))

    def of_upright(self, area: Window) -> Window | None:
        """`of_stored`, of an area of the upright photo [px]."""
        middle = ((area.x0 + area.x1) / 2, (area.y0 + area.y1) / 2)
        box = self.box
        if not (box.x0 <= middle[0] <= box.x1 and box.y0 <= middle[1] <= box.y1):
            return None
        across = self.upright_size.width / self._canvas.width
        down = self.upright_size.height / self._canvas.height
        left, top, _, _ = self.margins
        placed = Window(
            (max(area.x0, box.x0) - box.x0 + left) * across,
            (max(area.y0, box.y0) - box.y0 + top) * down,
            (min(area.x1, box.x1) - box.x0 + left) * across,
            (min(area.y1, box.y1) - box.y0 + top) * down,
        )
        return stored_window(placed, self.upright_size, self.orientation_after)

    @property
    def _canvas(self) -> Size:
        left, top, right, bottom = self.margins
        return Size(left + self.box.size.width + right, top + self.box.size.height + bottom)
