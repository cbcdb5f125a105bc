"""Data sets loaded for a command, with what was skipped told on stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marscrop_research.config import Config
    from marscrop_research.data.records import DataSet
    from marscrop_research.training.supervision import Supervision


def load_supervision(config: Config, data: Path, fixations: Sequence[Path]) -> Supervision:
    """What the configuration learns from beside human crops, loaded.

    Args:
        config: of the training.
        data: FCDB's folder.
        fixations: folders of photos with fixations.
    """
    from marscrop_research.data.fcdb import load_ranked_pairs
    from marscrop_research.data.fixations import load_fixations
    from marscrop_research.training.supervision import Supervision

    pairs = load_ranked_pairs(data).pairs if config.train.pair_weight else ()
    looked_at = [photo for folder in fixations for photo in load_fixations(folder).photos]
    return Supervision(pairs, tuple(looked_at))


def tell_skipped(data: DataSet) -> DataSet:
    """The same data set; entries that were skipped are counted on stderr."""
    if data.skipped:
        print(
            f"marscrop: {data.name}: {len(data.skipped):,} entries skipped, the first at "
            f"{data.skipped[0].place}; `marscrop data check {data.name} DIR` names all",
            file=sys.stderr,
        )
    return data
