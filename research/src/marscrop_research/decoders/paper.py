"""The paper's post-processing (section 3.4): threshold, medians, shrink to the ratio."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio

THRESHOLD: Final = 0.4
"""Theta in the paper, found there by grid search on the training set."""


def paper_window(
    logits: NDArray[np.floating], image: Size, ratio: AspectRatio, threshold: float = THRESHOLD
) -> Window:
    """The crop window of section 3.4.

    Where the paper is silent: a map with nothing above the threshold stands for the whole
    image, and a window that leaves the image is moved back inside.

    Args:
        logits: (h, w) log odds that a cell lies in the crop.
        image: size of the image that the map covers [px].
        ratio: asked ratio.
        threshold: of the probability, 0..1.

    Returns:
        window [px of `image`], of exactly `ratio`, inside the image.
    """
    rows, columns = logits.shape
    cell_x, cell_y = image.width / columns, image.height / rows
    mask = logits > np.log(threshold / (1 - threshold))
    if not mask.any():
        mask = np.ones_like(mask)
    ys, xs = np.nonzero(mask)
    centre_x = (float(np.median(xs)) + 0.5) * cell_x
    centre_y = (float(np.median(ys)) + 0.5) * cell_y
    height = _median_of_nonzero(mask.sum(axis=0)) * cell_y
    width = _median_of_nonzero(mask.sum(axis=1)) * cell_x
    width, height = min(width, height * ratio.value), min(height, width / ratio.value)
    x0 = min(max(centre_x - width / 2, 0.0), image.width - width)
    y0 = min(max(centre_y - height / 2, 0.0), image.height - height)
    return Window(x0, y0, x0 + width, y0 + height)


def _median_of_nonzero(sums: NDArray[np.integer]) -> float:
    return float(np.median(sums[sums > 0]))
