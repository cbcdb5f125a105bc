"""How crops are written: their quality, and what of the photo's metadata they keep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from marscrop.errors import OptionError

MetadataPolicy = Literal["none", "rights", "all"]
"""What crops say beside their pixels, colours and resolution: nothing; whose the photo is and how
it may be used; or all that is still true of the crop."""

METADATA_POLICIES: Final[tuple[MetadataPolicy, ...]] = get_args(MetadataPolicy)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How a crop is written, apart from its box and its format.

    Attributes:
        quality: 1..100 for the lossy formats; the lossless ones ignore it. None for the format's
            own, or that of the photo.
        metadata: what of the photo's metadata is kept.
    """

    quality: int | None = None
    metadata: MetadataPolicy = "rights"

    def __post_init__(self) -> None:
        """Raises OptionError: a quality out of range, or an unknown policy."""
        quality = self.quality
        is_whole = isinstance(quality, int) and not isinstance(quality, bool)
        if quality is not None and not (is_whole and 1 <= quality <= 100):
            raise OptionError.of("quality", "must be a whole number from 1 to 100", quality)
        if self.metadata not in METADATA_POLICIES:
            expected = f"must be one of {', '.join(METADATA_POLICIES)}"
            raise OptionError.of("metadata", expected, self.metadata)


DEFAULT_WRITE_OPTIONS: Final = WriteOptions()
