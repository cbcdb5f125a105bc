"""How far a mean would move with other photos: percentile bootstrap (Efron 1979) over photos.

Photos are what a data set sampled, so photos are resampled and a photo's boxes stay together:
ten boxes of one photo are not ten independent looks. Every method is measured on the same
resamples, so that what is hard about a photo cancels out of a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2000
LEVEL: Final = 0.95
"""Share of the resampled means between the ends of an interval."""


class Estimate(NamedTuple):
    """A mean and its interval, in the unit of what was averaged."""

    mean: float
    low: float
    high: float


class Bootstrap:
    """Resamples of some photos, drawn once and used for every method and metric.

    With a single photo all resamples are alike and an interval shrinks to the mean: it then
    says nothing.
    """

    def __init__(
        self,
        photo_of: Sequence[int] | NDArray[np.integer],
        resamples: int = RESAMPLES,
        seed: int = 0,
    ) -> None:
        """Draw.

        Args:
            photo_of: (entries,) which photo each entry belongs to; any whole numbers.
            resamples: how many, at least 1. Each has as many photos as there are.
            seed: the same seed and number of photos give the same resamples.

        Raises:
            ValueError: no entries, or no resamples.
        """
        if len(photo_of) == 0 or resamples < 1:
            raise ValueError(
                f"expected at least one entry and one resample; "
                f"got {len(photo_of)} entries, {resamples} resamples"
            )
        _, self._photo_of, boxes = np.unique(photo_of, return_inverse=True, return_counts=True)
        photos = len(boxes)
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(photos, np.full(photos, 1 / photos), size=resamples)
        self._drawn = drawn.astype(np.float64)  # (resamples, photos): how often each was drawn
        self._entries = self._drawn @ boxes

    def mean(self, values: NDArray[np.float64]) -> Estimate:
        """Mean over entries, and the central `LEVEL` of its resampled values.

        Args:
            values: (entries,) in the order of `photo_of`.

        Raises:
            ValueError: not one value an entry.
        """
        if values.shape != self._photo_of.shape:
            raise ValueError(
                f"expected {len(self._photo_of)} values, one an entry; got shape {values.shape}"
            )
        sums = np.bincount(self._photo_of, weights=values, minlength=self._drawn.shape[1])
        resampled = self._drawn @ sums / self._entries
        low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Estimate(float(values.mean()), float(low), float(high))

    def difference(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> Estimate:
        """Mean of a - b, paired: both (entries,), entry by entry of the same photo and box.

        Raises:
            ValueError: as `mean`.
        """
        return self.mean(a - b)


def difference_of_runs(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Estimate:
    """Mean of a - b, where each method was trained several times: photos and runs are resampled.

    The photos are the same for both and drawn together; the runs of a method are its own and
    drawn apart, as another training would have scattered too. With few runs a little narrow: of n,
    their variance is taken (n - 1) / n of its size.

    Args:
        a, b: (runs, photos) of two methods on the same photos; runs may differ in number.
        resamples, seed: as of `Bootstrap`.

    Raises:
        ValueError: other photos, or no runs.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not (a.size and b.size):
        raise ValueError(
            f"expected two arrays (runs, photos) of the same photos; got {a.shape} and {b.shape}"
        )
    rng = np.random.default_rng(seed)
    photos = a.shape[1]
    drawn = rng.multinomial(photos, np.full(photos, 1 / photos), size=resamples) / photos

    def means(runs: NDArray[np.float64]) -> NDArray[np.float64]:
        count = len(runs)
        weights = rng.multinomial(count, np.full(count, 1 / count), size=resamples) / count
        of_runs: NDArray[np.float64] = drawn @ runs.T  # (resamples, runs)
        return np.asarray((of_runs * weights).sum(axis=1))

    low, high = np.quantile(means(a) - means(b), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(a.mean() - b.mean()), float(low), float(high))
