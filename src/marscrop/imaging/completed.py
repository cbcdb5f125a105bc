"""Files that end too early, completed so that decoders read them."""

from __future__ import annotations

import io
from collections.abc import Iterable


class CompletedFile(io.BytesIO):
    """A file in memory, with what was added to its end.

    Attributes:
        losses: what of the picture was not in the file, as in `EncodedFile.losses`.
    """

    def __init__(self, parts: Iterable[bytes], losses: tuple[str, ...] = ()) -> None:
        super().__init__(b"".join(parts))
        self.losses = losses
