"""A GIF taken apart into its blocks, cropped as it is, and put together again (GIF89a).

Frames of a GIF are often patches, each with a palette of its own, so that the picture that they
add up to has more colours than a GIF can say. A crop therefore keeps the patches: of each what lies
in the box, with its palette, transparent colour, delay and disposal as they were.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Self

from PIL import Image

from marscrop.errors import ImageError
from marscrop.geometry import Box, Size
from marscrop.imaging.animation.faults import in_frame
from marscrop.imaging.animation.timing import FOR_EVER, Timing
from marscrop.imaging.formats import identify

_SCREEN: Final = struct.Struct("<6sHHBBB")
_DESCRIPTOR: Final = struct.Struct("<HHHHB")
_CONTROL: Final = struct.Struct("<BHB")
_HAS_TABLE: Final = 0x80
_TABLE_SIZE: Final = 0x07
_INTERLACED: Final = 0x40
_TRANSPARENT: Final = 0x01
_DISPOSAL: Final = 0x1C
_LOOPS: Final = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0"})
_MOST_LOOPS: Final = 0xFFFF
_HUNDREDTHS: Final = 100
_MOST_PARTS: Final = 2_000_000
"""Blocks, of 255 bytes as a rule; each is read by Python."""
_MOST_BEYOND: Final = 4
"""Times the pixels of the canvas that a patch may have; what lies beside it is never seen."""

KEEP: Final = 1 << 2
CLEAR: Final = 2 << 2
"""Disposals: the frame stays, or its place becomes transparent, before the next one."""


@dataclass(frozen=True, slots=True)
class GifFrame:
    """A patch of the canvas.

    Attributes:
        box: where it lies [px of the canvas].
        data: its pixels, compressed, as they stand in the file.
        interlaced: whether its rows are in the order of interlaced GIFs.
        palette: RGB of its own colours; b"" for those of the file.
        flags: of its graphic control: disposal and whether a colour is transparent.
        delay: until the next frame [hundredths of a second].
        transparent: index of the transparent colour, if there is one.
    """

    box: Box
    data: bytes
    interlaced: bool = False
    palette: bytes = b""
    flags: int = 0
    delay: int = 0
    transparent: int = 0


@dataclass(frozen=True, slots=True)
class Gif:
    """A file.

    Attributes:
        size: of its canvas [px].
        palette: RGB of the colours of all frames without their own; b"" where there is none.
        background: index of the background's colour, which no viewer heeds.
        plays: how often it is shown; 0 for ever.
        frames: in their order.
        is_ended: whether its end mark is there.
    """

    size: Size
    palette: bytes
    background: int
    plays: int
    frames: tuple[GifFrame, ...]
    is_ended: bool = True

    @classmethod
    def parse(cls, content: bytes, most_frames: int) -> Self:
        """Take a file apart; of one that ends too early what is there.

        Raises:
            ImageError: without the source's name: it has more frames, or far too many parts.
            struct.error: its header is truncated.
        """
        _, width, height, flags, background, _ = _SCREEN.unpack_from(content)
        reader = _Reader(content, _SCREEN.size)
        palette = reader.table(flags)
        plays, control = 1, (0, 0, 0)
        frames: list[GifFrame] = []
        while (kind := reader.next()) not in (b";", b""):
            if kind == b"!":
                label, body = reader.next(), reader.sub_blocks()
                if label == b"\xf9" and len(body) >= 1 + _CONTROL.size:
                    control = _CONTROL.unpack_from(body, 1)
                elif label == b"\xff" and body[1:12] in _LOOPS and body[12:14] == b"\x03\x01":
                    plays = _plays(body[14:16])
            elif kind == b"," and reader.left > _DESCRIPTOR.size:
                if len(frames) == most_frames:
                    raise ImageError(None, f"has more than {most_frames:,} frames")
                flags, delay, transparent = control
                frame = reader.frame()
                frames.append(replace(frame, flags=flags, delay=delay, transparent=transparent))
                control = (0, 0, 0)
        size, ended = Size(width, height), kind == b";"
        return cls(size, palette, background, plays, tuple(frames), ended)

    def check_patches(self, canvas: Size) -> None:
        """Refuse patches that are far larger than the canvas, as Pillow takes it [px].

        Raises:
            ImageError: without the source's name.
        """
        for index, frame in enumerate(self.frames):
            _, _, width, height = frame.box
            if width * height > _MOST_BEYOND * canvas.width * canvas.height:
                raise ImageError(
                    None,
                    f"is corrupt: frame {index} reaches to {width} x {height} on a canvas of "
                    f"{canvas.width} x {canvas.height}",
                )

    @property
    def timing(self) -> Timing:
        """When its frames are shown."""
        durations = tuple(Fraction(frame.delay, _HUNDREDTHS) for frame in self.frames)
        return Timing(durations, self.plays)

    def cropped(self, box: Box) -> Self:
        """What lies in a box of the canvas, frame by frame.

        Raises:
            ImageError: without the source's name: truncated or corrupt pixels.
        """
        frames = []
        for index, frame in enumerate(self.frames):
            with in_frame(index):
                frames.append(self._cropped(frame, box))
        return replace(self, size=box.size, frames=tuple(frames))

    def to_bytes(self) -> bytes:
        """The file."""
        flags = _table_flags(self.palette)
        parts = [_SCREEN.pack(b"GIF89a", *self.size, flags | 0x70, self.background, 0)]
        parts.append(self.palette)
        if self.plays != 1:
            loops = FOR_EVER if self.plays == FOR_EVER else min(self.plays - 1, _MOST_LOOPS)
            parts.append(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loops) + b"\0")
        for frame in self.frames:
            control = _CONTROL.pack(frame.flags, frame.delay, frame.transparent)
            x0, y0, _, _ = frame.box
            local = _table_flags(frame.palette) | (_INTERLACED if frame.interlaced else 0)
            parts.append(b"!\xf9\x04" + control + b"\0")
            parts.append(b"," + _DESCRIPTOR.pack(x0, y0, *frame.box.size, local))
            parts += (frame.palette, frame.data)
        return b"".join((*parts, b";"))

    def _cropped(self, frame: GifFrame, box: Box) -> GifFrame:
        x0, y0 = max(frame.box.x0, box.x0), max(frame.box.y0, box.y0)
        x1, y1 = min(frame.box.x1, box.x1), min(frame.box.y1, box.y1)
        if x0 >= x1 or y0 >= y1:
            return _nothing(frame.delay)
        placed = Box(x0 - box.x0, y0 - box.y0, x1 - box.x0, y1 - box.y0)
        left, top, _, _ = frame.box
        inside = Box(x0 - left, y0 - top, x1 - left, y1 - top)
        indices = self._indices(frame)
        if inside.size == frame.box.size:
            return replace(frame, box=placed)
        part = indices.resize(inside.size, Image.Resampling.NEAREST, box=inside)
        return replace(frame, box=placed, data=_compressed(part), interlaced=False)

    def _indices(self, frame: GifFrame) -> Image.Image:
        """A frame's pixels as indices of its palette, in mode P or L."""
        whole = Box(0, 0, *frame.box.size)
        single = GifFrame(whole, frame.data, frame.interlaced)
        palette = frame.palette or self.palette
        file = Gif(whole.size, palette, 0, 1, (single,)).to_bytes()
        image = identify(io.BytesIO(file))
        image.load()
        return image


def joined(stills: Sequence[tuple[bytes, Box]], size: Size, timing: Timing) -> bytes:
    """An animation of files of one frame each.

    Args:
        stills: GIFs, and where on the canvas each lies [px]; all of it, where one is transparent.
        size: of the canvas [px].
        timing: of all frames.
    """
    frames = []
    for (content, box), delay in zip(stills, timing.in_units(_HUNDREDTHS), strict=True):
        still = Gif.parse(content, 1)
        (frame,) = still.frames
        frames.append(
            replace(
                frame,
                box=box,
                palette=frame.palette or still.palette,
                delay=min(delay, 0xFFFF),
            )
        )
    # Through what is transparent the frame before would show.
    disposal = CLEAR if any(frame.flags & _TRANSPARENT for frame in frames) else KEEP
    frames = [replace(frame, flags=frame.flags & ~_DISPOSAL | disposal) for frame in frames]
    return Gif(size, b"", 0, timing.plays, tuple(frames)).to_bytes()


def _nothing(delay: int) -> GifFrame:
    """A frame that changes nothing, and takes its time."""
    pixel = _compressed(Image.new("L", (1, 1)))
    return GifFrame(
        Box(0, 0, 1, 1), pixel, palette=bytes(6), flags=KEEP | _TRANSPARENT, delay=delay
    )


def _compressed(indices: Image.Image) -> bytes:
    """Pixels as they stand in a file."""
    plain = Image.frombytes("L", indices.size, indices.tobytes())
    buffer = io.BytesIO()
    plain.save(buffer, "GIF", interlace=0, optimize=False)
    (frame,) = Gif.parse(buffer.getvalue(), 1).frames
    return frame.data


def _table_flags(palette: bytes) -> int:
    """That say how long a palette is: a power of two colours, 2 at least."""
    return _HAS_TABLE | (len(palette) // 3).bit_length() - 2 if palette else 0


class _Reader:
    """The content of a file from a place on.

    Attributes:
        left: bytes that are not read yet.
    """

    def __init__(self, content: bytes, at: int) -> None:
        self._content, self._at, self._parts = content, at, 0

    @property
    def left(self) -> int:
        return len(self._content) - self._at

    def next(self) -> bytes:
        """A byte; b"" at the end."""
        self._count()
        self._at += 1
        return self._content[self._at - 1 : self._at]

    def table(self, flags: int) -> bytes:
        """The palette that flags tell of."""
        if not flags & _HAS_TABLE:
            return b""
        start = self._at
        self._at += 6 << (flags & _TABLE_SIZE)
        return self._content[start : self._at]

    def sub_blocks(self) -> bytes:
        """The blocks that follow, with their lengths and the empty one."""
        content, start, end = self._content, self._at, self._at
        while end < len(content) and content[end]:
            self._count()
            end += 1 + content[end]
        self._at = end + 1
        return content[start : self._at]

    def frame(self) -> GifFrame:
        """The frame of which the descriptor follows, without its control."""
        x0, y0, width, height, flags = _DESCRIPTOR.unpack_from(self._content, self._at)
        self._at += _DESCRIPTOR.size
        palette = self.table(flags)
        data = self.next() + self.sub_blocks()
        box = Box(x0, y0, x0 + width, y0 + height)
        return GifFrame(box, data, bool(flags & _INTERLACED), palette)

    def _count(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise ImageError(None, f"is a GIF of more than {_MOST_PARTS:,} parts: save it again")


def _plays(loops: Iterable[int]) -> int:
    """From how often an animation is shown again."""
    count = int.from_bytes(bytes(loops), "little")
    return FOR_EVER if count == 0 else count + 1
