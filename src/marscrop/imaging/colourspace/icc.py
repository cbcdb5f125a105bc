"""ICC profiles of colour spaces, for formats that say colours in no other way (ICC.1:2001-04)."""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING, Final

import numpy as np

from marscrop.imaging.colourspace.space import POWER, ColourSpace

if TYPE_CHECKING:
    from numpy.typing import NDArray

_D50: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_CURVE_ENTRIES: Final = 1024
_HEADER_BYTES: Final = 128


@functools.lru_cache(maxsize=16)
def icc_profile(space: ColourSpace, *, grey: bool = False) -> bytes:
    """A display profile, version 2.4, of matrix and curves, or of a grey curve.

    Args:
        space: not HDR: a profile of this kind cannot say what is brighter than white.
        grey: of its greys alone.
    """
    to_xyz = space.chromaticities.to_xyz()
    white = to_xyz.sum(axis=1)
    curve = _curve(space)
    tags = {
        b"desc": _description(space.name),
        b"cprt": b"text" + bytes(4) + b"No copyright, use freely\0",
        b"wtpt": _xyz_tag(_D50 if grey else white),
    }
    if grey:
        tags[b"kTRC"] = curve
    else:
        columns = (_adaptation(white) @ to_xyz).T
        tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_xyz_tag, columns), strict=True))
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _assembled(tags, b"GRAY" if grey else b"RGB ")


def _assembled(tags: dict[bytes, bytes], space: bytes) -> bytes:
    """A profile of its tags; those that are the same are stored once."""
    data, table, places = b"", b"", dict[bytes, int]()
    start = _HEADER_BYTES + 4 + 12 * len(tags)
    for name, content in tags.items():
        if content not in places:
            places[content] = start + len(data)
            data += content + bytes(-len(content) % 4)
        table += struct.pack(">4sLL", name, places[content], len(content))
    header = struct.pack(
        ">L4sL4s4s4s6H4s4sL4s4sQL12s4s",
        start + len(data),
        *(b"", 0x02400000, b"mntr", space, b"XYZ "),
        *(2026, 1, 1, 0, 0, 0),
        *(b"acsp", b"", 0, b"", b"", 0, 0),
        struct.pack(">3l", *(round(value * 65536) for value in _D50)),
        b"",
    )
    body = struct.pack(">L", len(tags)) + table + data
    return header.ljust(_HEADER_BYTES, b"\0") + body


def _adaptation(white: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bradford's, from a white to the profile connection space's."""
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    return np.linalg.solve(_BRADFORD, np.diag(cones) @ _BRADFORD)


def _curve(space: ColourSpace) -> bytes:
    head = b"curv" + bytes(4)
    if space.curve == POWER and 0 < space.exponent < 256:
        scaled = round(space.exponent * 256)
        if abs(scaled / 256 - space.exponent) < 1e-4:  # else the next one would be another curve
            return head + (struct.pack(">L", 0) if scaled == 256 else struct.pack(">LH", 1, scaled))
    light = space.to_linear(np.linspace(0, 1, _CURVE_ENTRIES))
    entries = np.rint(light * 65535).astype(">u2").tobytes()
    return head + struct.pack(">L", _CURVE_ENTRIES) + entries


def _description(name: str) -> bytes:
    text = name.encode("ascii", "replace") + b"\0"
    return b"desc" + struct.pack(">LL", 0, len(text)) + text + bytes(8 + 3 + 67)


def _xyz_tag(values: object) -> bytes:
    numbers = np.rint(np.asarray(values, np.float64) * 65536).astype(">i4")
    return b"XYZ " + bytes(4) + numbers.tobytes()
