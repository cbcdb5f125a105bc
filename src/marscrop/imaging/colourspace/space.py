"""A colour space: chromaticities and a transfer curve, and what is known of them by number.

Numbers are CICP's (ITU-T H.273), which AVIF, HEIC and PNG use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[Any]"

REFERENCE_WHITE_NITS: Final = 203.0
"""What a white page has in an HDR picture (ITU-R BT.2408)."""

_PQ_PEAK_NITS: Final = 10_000.0
_HLG_PEAK_NITS: Final = 1_000.0
_HLG_SYSTEM_GAMMA: Final = 1.2
_LUMINANCE_2020: Final = (0.2627, 0.6780, 0.0593)


class Chromaticities(NamedTuple):
    """x and y (CIE 1931) of the primaries and of white."""

    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]
    white: tuple[float, float]

    def near(self, other: Chromaticities, tolerance: float = 0.002) -> bool:
        """Whether both are the same but for rounding."""
        return bool(np.abs(np.subtract(self, other)).max() <= tolerance)

    def to_xyz(self) -> NDArray[np.float64]:
        """The 3 x 3 matrix from linear RGB to XYZ, relative to white (Y 1).

        Raises:
            ValueError: no colours have these primaries.
        """
        primaries = np.array([_xyz(xy) for xy in (self.red, self.green, self.blue)]).T
        if abs(np.linalg.det(primaries)) < 1e-4:
            raise ValueError("primaries on a line")
        return np.asarray(primaries * np.linalg.solve(primaries, _xyz(self.white)))


_D65: Final = (0.3127, 0.3290)
SRGB: Final = Chromaticities((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65)
_SD_525: Final = Chromaticities((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), _D65)
_ADOBE: Final = Chromaticities((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), _D65)
_P3: Final = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))

PRIMARIES: Final[Mapping[int, Chromaticities]] = {
    1: SRGB,
    2: SRGB,  # not said
    4: Chromaticities((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), (0.310, 0.316)),
    5: Chromaticities((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: _SD_525,
    7: _SD_525,
    9: Chromaticities((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: Chromaticities(*_P3, (0.314, 0.351)),
    12: Chromaticities(*_P3, _D65),
    22: Chromaticities((0.63, 0.34), (0.295, 0.605), (0.155, 0.077), _D65),
}
"""By the number of ColourPrimaries."""

_PRIMARY_NAMES: Final = {9: "BT.2020", 11: "DCI-P3", 12: "Display P3"}

PQ: Final = "PQ"
HLG: Final = "HLG"
SRGB_CURVE: Final = "sRGB"
POWER: Final = "power"

_TRANSFERS: Final[Mapping[int, tuple[str, float]]] = {
    # A camera's curve is shown as sRGB's is: browsers do so, and most such files are photos that
    # came through a video encoder.
    **dict.fromkeys((1, 2, 6, 11, 13, 14, 15), (SRGB_CURVE, 0.0)),
    4: (POWER, 2.2),
    5: (POWER, 2.8),
    8: (POWER, 1.0),
    16: (PQ, 0.0),
    17: (POWER, 2.6),
    18: (HLG, 0.0),
}


@dataclass(frozen=True, slots=True)
class ColourSpace:
    """An RGB colour space.

    Attributes:
        name: for people.
        chromaticities: of its primaries and white.
        curve: from numbers to light: SRGB_CURVE, PQ, HLG or POWER.
        exponent: of a POWER curve.
        primaries, transfer: CICP's numbers where the file gave them, else None.
    """

    name: str
    chromaticities: Chromaticities
    curve: str
    exponent: float = 0.0
    primaries: int | None = None
    transfer: int | None = None

    @classmethod
    def of_cicp(cls, primaries: int, transfer: int) -> Self | None:
        """The space of two of CICP's numbers; None if we do not know them."""
        if primaries not in PRIMARIES or transfer not in _TRANSFERS:
            return None
        curve, exponent = _TRANSFERS[transfer]
        name = _PRIMARY_NAMES.get(primaries, f"CICP {primaries}/{transfer}")
        if curve in (PQ, HLG):
            name = f"{name} {curve}"
        return cls(name, PRIMARIES[primaries], curve, exponent, primaries, transfer)

    @property
    def is_hdr(self) -> bool:
        """Whether white is not the brightest colour."""
        return self.curve in (PQ, HLG)

    @property
    def is_srgb(self) -> bool:
        """Whether its numbers can be taken for sRGB's."""
        usual = self.curve == SRGB_CURVE or (
            self.curve == POWER and abs(self.exponent - 2.2) < 0.02  # "is approximately sRGB's"
        )
        return usual and self.chromaticities.near(SRGB)

    @property
    def is_coarse_in_srgb(self) -> bool:
        """Whether numbers of sRGB's colours are nearer to light than to what eyes tell apart."""
        return self.curve == POWER and self.exponent < 1.5 and self.chromaticities.near(SRGB)

    def to_linear(self, values: Floats) -> NDArray[np.float64]:
        """Light of numbers 0..1: 1 is white, more is brighter; for HLG that of the scene, 0..1."""
        values = values.astype(np.float64)
        if self.curve == PQ:
            return _pq_nits(values) / REFERENCE_WHITE_NITS
        if self.curve == HLG:
            return _hlg_scene(values)
        if self.curve == POWER:
            return np.asarray(values**self.exponent)
        return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)

    def shown(self, linear: Floats) -> Floats:
        """Light on a screen, 1 is white, of (..., 3) light as `to_linear` has it."""
        if self.curve != HLG:
            return linear
        luminance = linear @ np.asarray(_LUMINANCE_2020, linear.dtype)
        gain: Floats = np.maximum(luminance, 1e-9) ** (_HLG_SYSTEM_GAMMA - 1)
        return linear * (gain * (_HLG_PEAK_NITS / REFERENCE_WHITE_NITS))[..., None]


ADOBE_RGB: Final = ColourSpace("Adobe RGB (1998)", _ADOBE, POWER, 563 / 256)


def srgb_encoded(linear: Floats) -> Floats:
    """Numbers 0..1 of sRGB, of light that is 0..1 or clipped to it."""
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _xyz(xy: tuple[float, float]) -> tuple[float, float, float]:
    x, y = xy
    if y <= 0:
        raise ValueError("a colour without luminance")
    return x / y, 1.0, (1 - x - y) / y


def _pq_nits(values: Floats) -> NDArray[np.float64]:
    """SMPTE ST 2084's EOTF [cd/m2]."""
    root = values ** (32 / 2523)
    light = np.maximum(root - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * root)
    return np.asarray(_PQ_PEAK_NITS * light ** (16384 / 2610))


def _hlg_scene(values: Floats) -> NDArray[np.float64]:
    """The inverse of ITU-R BT.2100's HLG OETF."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(values <= 0.5, values**2 / 3, (np.exp((values - c) / a) + b) / 12)
