"""Pictures one after the other, as Pillow's encoders take the frames of a file: by `seek`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PIL import Image


class Reel(Image.Image):
    """An image of several frames of which one at a time is in memory.

    Attributes:
        n_frames: how many there are.
        is_animated: whether there are several.
    """

    def __init__(self, pictures: Callable[[], Iterator[Image.Image]], count: int) -> None:
        """Show the first frame.

        Args:
            pictures: all frames from the first on, loaded, anew at each call.
            count: of them.
        """
        super().__init__()
        self._pictures = pictures
        self.n_frames = count
        self.is_animated = count > 1
        self._rewind()

    def seek(self, frame: int) -> None:
        """Show a frame.

        Raises:
            EOFError: there are not so many.
        """
        if frame >= self.n_frames:
            raise EOFError("no such frame")
        if frame < self._frame:
            self._rewind()
        while self._frame < frame:
            self._show(self._frame + 1)

    def tell(self) -> int:
        """Which frame is shown."""
        return self._frame

    def _rewind(self) -> None:
        self._left = self._pictures()
        self._show(0)

    def _show(self, frame: int) -> None:
        shown = next(self._left)
        self.im, self._mode, self._size = shown.im, shown.mode, shown.size
        self.palette, self.info = shown.palette, shown.info
        self._frame = frame
