"""A simple saliency map in NumPy: the spectral residual (Hou and Zhang, CVPR 2007).

What is unusual about a picture's log amplitude spectrum, brought back into the picture.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import fit_longest_edge
from marscrop.imaging.photo import open_photo

_EDGE_PX: Final = 64
_BLUR_PX: Final = 2.5
_TINY: Final = 1e-9


def saliency_of(path: Path) -> NDArray[np.float64]:
    """(h, w) map of a whole photo, its longest edge 64; see `spectral_residual`.

    Raises:
        ImageError: a photo that cannot be read.
    """
    photo = open_photo(path)
    rgb = photo.analysis_rgb(fit_longest_edge(photo.size, _EDGE_PX, 1))
    return spectral_residual(rgb.mean(axis=2))


def spectral_residual(grey: NDArray[np.floating]) -> NDArray[np.float64]:
    """Where a small grey picture is unlike the rest of itself.

    As in the authors' code: the log amplitude less its 3x3 mean, squared in the picture and
    blurred with a Gaussian of 2.5 px. A flat picture gives a flat map.

    Args:
        grey: (h, w), any unit; about 64 on a side.

    Returns:
        (h, w) float64, 0 or more, in no particular unit.
    """
    spectrum = np.fft.fft2(grey)
    amplitude = np.abs(spectrum)
    # Below rounding error there is no frequency, and no phase that would mean anything.
    floor = _TINY * max(float(amplitude.max()), _TINY)
    spectrum[amplitude < floor] = 0
    log_amplitude = np.log(np.maximum(amplitude, floor))
    residual = log_amplitude - _mean_of_neighbours(log_amplitude)
    phase = spectrum / np.maximum(amplitude, floor)
    found = np.abs(np.fft.ifft2(phase * np.exp(residual))) ** 2
    rows, columns = grey.shape
    blurred: NDArray[np.float64] = _gaussian(rows) @ found @ _gaussian(columns).T
    return blurred


def _mean_of_neighbours(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over 3x3; a spectrum has no edge, so it wraps around."""
    for axis in (0, 1):
        values = (np.roll(values, 1, axis) + values + np.roll(values, -1, axis)) / 3
    return values


def _gaussian(length: int) -> NDArray[np.float64]:
    """(length, length): a blur along one side as a matrix; each row sums to 1, at edges too."""
    apart = np.subtract.outer(np.arange(length), np.arange(length))
    weights = np.exp(-0.5 * (apart / _BLUR_PX) ** 2)
    normalised: NDArray[np.float64] = weights / weights.sum(axis=1, keepdims=True)
    return normalised
