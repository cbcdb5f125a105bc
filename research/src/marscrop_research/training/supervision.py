"""What a network can learn from beside human crops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from marscrop_research.config import TrainConfig
from marscrop_research.data.fixations import FixationRecord
from marscrop_research.data.records import CropRecord, RankedPair
from marscrop_research.errors import DataError


@dataclass(frozen=True, slots=True)
class Supervision:
    """What is at hand.

    Attributes:
        pairs: ranked by voters.
        fixations: of other photos than the crops'.
    """

    pairs: tuple[RankedPair, ...] = ()
    fixations: tuple[FixationRecord, ...] = ()

    def used(
        self, config: TrainConfig, training: Sequence[CropRecord]
    ) -> tuple[dict[Path, list[RankedPair]], tuple[FixationRecord, ...]]:
        """What a run takes of it: the pairs of the photos that it trains on, and the fixations.

        Raises:
            DataError: there is nothing of a kind that the configuration asks for.
        """
        pairs: dict[Path, list[RankedPair]] = {}
        if config.pair_weight:
            shown = {record.path for record in training}
            for pair in self.pairs:
                if pair.path in shown:
                    pairs.setdefault(pair.path, []).append(pair)
            if not pairs:
                raise DataError("train.pair_weight asks for ranked pairs; these photos have none")
        if config.fixation_crops and not self.fixations:
            raise DataError("train.fixation_crops asks for fixations; name their folders")
        return pairs, self.fixations if config.fixation_crops else ()


CROPS_ALONE: Final = Supervision()
