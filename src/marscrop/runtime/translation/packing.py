"""Weights in the order in which the parts in C read them: 16 columns side by side.

Columns are output channels. What is missing to a whole block is 0, and comes out as numbers that
nobody reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from marscrop.runtime.compiled_model import BLOCK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

QUAD: Final = 4
"""Bytes that one instruction multiplies and adds up."""
UNIT: Final = 64
"""Channels that a filter of bytes takes at a time."""


def product_weights(weights: Array) -> Array:
    """Weights of a product of floats, or of filters, one a channel.

    Args:
        weights: (columns, length) float32, or (channels, taps).

    Returns:
        (blocks, length, 16) float32.
    """
    padded = _padded(weights, BLOCK)
    return np.ascontiguousarray(padded.reshape(-1, BLOCK, weights.shape[1]).transpose(0, 2, 1))


def quantised_product_weights(weights: Array) -> Array:
    """Weights of a product of bytes.

    Args:
        weights: (columns, length) int8.

    Returns:
        (blocks, length / 4, 16, 4) int8; the length is rounded up.
    """
    length = _whole(weights.shape[1], QUAD)
    padded = np.zeros((len(weights), length), np.int8)
    padded[:, : weights.shape[1]] = weights
    blocks = _padded(padded, BLOCK).reshape(-1, BLOCK, length // QUAD, QUAD)
    return np.ascontiguousarray(blocks.transpose(0, 2, 1, 3))


def repeated(values: Array) -> Array:
    """What each channel has, of as many pixels as fill whole units.

    Args:
        values: (channels, ...).

    Returns:
        (channels of those pixels, ...).
    """
    pixels = np.lcm(len(values), UNIT) // len(values)
    return np.tile(values, (pixels, *[1] * (values.ndim - 1)))


def quantised_depthwise_weights(weights: Array) -> Array:
    """Weights of filters of bytes, one a channel.

    Args:
        weights: (channels, taps) int8, whole units of channels.

    Returns:
        (units, groups of 4 taps, 64, 4) int8, channels in the order of `quantised_depthwise_order`.
    """
    padded = np.zeros((len(weights), _whole(weights.shape[1], QUAD)), np.int8)
    padded[:, : weights.shape[1]] = weights
    units = quantised_depthwise_order(padded).reshape(len(weights) // UNIT, UNIT, -1, QUAD)
    return np.ascontiguousarray(units.transpose(0, 2, 1, 3))


def quantised_depthwise_order(values: Array) -> Array:
    """What each channel has, by units of 64 of them, in the order that zipping their taps leaves.

    Four parts of a register have 16 channels each; 4 of each part come together.

    Args:
        values: (channels, ...), whole units of channels.

    Returns:
        (channels, ...).
    """
    parts = values.reshape(-1, 4, 4, 4, *values.shape[1:])
    return np.ascontiguousarray(parts.swapaxes(1, 2)).reshape(values.shape)


def padded_columns(values: Array) -> Array:
    """One number a column, up to a whole block."""
    return _padded(values, BLOCK)


def _padded(values: Array, multiple: int) -> Array:
    missing = _whole(len(values), multiple) - len(values)
    if not missing:
        return values
    return np.concatenate([values, np.zeros((missing, *values.shape[1:]), values.dtype)])


def _whole(count: int, multiple: int) -> int:
    return -count % multiple + count
