"""Numbers in a stream of bits, as the headers of AV1, HEVC and JPEG XL are written."""

from __future__ import annotations

from typing import Final

_MOST_ZEROS: Final = 32
"""Before an Exp-Golomb number: of none that these headers have are there more."""


class BitsError(ValueError):
    """The bits end too early, or mean nothing."""


class BitReader:
    """Bits of bytes, the highest of each first.

    All methods raise BitsError where the bits end.
    """

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content, "big")
        self._left = 8 * len(content)

    def bits(self, count: int) -> int:
        """The next `count` bits as a number."""
        self._left -= count
        if self._left < 0:
            raise BitsError
        return self._value >> self._left & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.bits(1))

    def skip(self, count: int) -> None:
        """Pass over `count` bits."""
        self.bits(count)

    def unsigned_exp_golomb(self) -> int:
        """HEVC's ue(v) and AV1's uvlc (ITU-T H.265, 9.2)."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > _MOST_ZEROS:
                raise BitsError
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed_exp_golomb(self) -> int:
        """HEVC's se(v) (ITU-T H.265, 9.2.2)."""
        number = self.unsigned_exp_golomb()
        return (number + 1) // 2 if number & 1 else -(number // 2)
