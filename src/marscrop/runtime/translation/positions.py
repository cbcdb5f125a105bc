"""The maps of where a cell lies, as exported networks spell them: sums of ones along the axes."""

from __future__ import annotations

from typing import NamedTuple


class Expression(NamedTuple):
    """An operation on what depends on nothing but the picture's size.

    Attributes:
        kind: of the ONNX node; "Ones" for a channel that is filled with 1.
        operands: expressions and numbers.
    """

    kind: str
    operands: tuple[object, ...]


def positions(divisor: int) -> Expression:
    """Four channels: y, x, y * y and x * x of each cell's middle, from -1 to 1."""
    y, x = (_position(divisor, axis) for axis in (2, 3))
    return Expression("Concat", (y, x, Expression("Mul", (y, y)), Expression("Mul", (x, x))))


def _position(divisor: int, axis: int) -> Expression:
    one = Expression("Ones", (divisor,))
    counted = Expression("CumSum", (one, axis))
    middle = Expression("Sub", (Expression("Mul", (counted, 2.0)), 1.0))
    share = Expression("Div", (middle, Expression("ReduceSum", (one, axis))))
    return Expression("Sub", (share, 1.0))
