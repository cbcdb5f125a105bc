"""Maps that a network might give, small enough to try every window."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

_sides = st.integers(1, 7)


@st.composite
def _hills(draw: st.DrawFn) -> NDArray[np.float32]:
    """One hill: the best window is seldom the largest or the smallest, and ends between cells."""
    rows, columns = draw(_sides), draw(_sides)
    down = abs(np.arange(rows) - draw(st.floats(0, rows - 1)))[:, None]
    across = abs(np.arange(columns) - draw(st.floats(0, columns - 1)))
    height, steepness = draw(st.floats(0.2, 8)), draw(st.floats(0.2, 8))
    steps: NDArray[np.float64] = np.maximum(down, across)
    return (height - steepness * steps).astype(np.float32)


maps = st.one_of(
    arrays(np.float32, st.tuples(_sides, _sides), elements=st.floats(-8, 8, width=32)), _hills()
)
"""(1..7, 1..7) log odds."""
