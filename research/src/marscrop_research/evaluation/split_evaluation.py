"""One evaluation from a loaded data set to its result: our methods, baselines and peers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from marscrop_research.data.records import DataSet, PhotoRecord
from marscrop_research.errors import DataError
from marscrop_research.evaluation.answers import ask
from marscrop_research.evaluation.bootstrap import RESAMPLES
from marscrop_research.evaluation.comparison import Comparison, Origin, compare
from marscrop_research.evaluation.decoding import (
    PAPER,
    PLACEMENT,
    SEARCH,
    MapSource,
    decode_all,
)
from marscrop_research.evaluation.peers import Peer
from marscrop_research.evaluation.protocol import CENTRE, Predict, predict_centre
from marscrop_research.evaluation.several_boxes import best_rated


def photos_of(data_set: DataSet, split: str) -> list[PhotoRecord]:
    """The photos of a split, each with what stands for its human crops (see `best_rated`).

    Raises:
        DataError: the split has none.
    """
    photos = [best_rated(photo) for photo in data_set.photos if photo.split == split]
    if not photos:
        there = Counter(photo.split for photo in data_set.photos)
        found = ", ".join(f"{name} ({count} photos)" for name, count in there.items())
        raise DataError(
            f"{data_set.name} has no photos of the split {split!r}; it has {found or 'none'}, "
            f"and {len(data_set.skipped)} records were skipped"
        )
    return photos


def evaluate_split(
    data_set: DataSet,
    split: str,
    network: MapSource,
    *,
    baselines: Sequence[Predict] = (),
    peers: Sequence[Peer] = (),
    facts: Mapping[str, str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    watch: Callable[[Sequence[PhotoRecord]], Iterable[PhotoRecord]] = iter,
) -> Comparison:
    """Measure the centre crop, every decoder of a network's maps, baselines and peers.

    The reference, from which differences are taken, is what users get, the network with placement.

    Args:
        data_set, split: what to measure on.
        network: ours.
        baselines: more methods.
        peers: other tools' answers, read for the photos of the split.
        facts: for the reader, beside the names of data set and split.
        resamples, seed: of the bootstrap.
        watch: passes the photos on, for a display of progress.

    Raises:
        DataError: no photos in the split, or none that all methods answered.
        ConfigError: two methods of the same name, or a baseline's scorer that fails.
    """
    methods: list[Predict] = [predict_centre, decode_all(network), *baselines, *peers]
    answered, unreadable = ask(watch(photos_of(data_set, split)), methods)
    origin = Origin(
        facts={"dataset": data_set.name, "split": split, **(facts or {})},
        skipped=(*data_set.skipped, *unreadable),
        unannotated=data_set.unannotated,
        bad_answers={peer.name: peer.problems for peer in peers},
    )
    names = [CENTRE, PAPER, SEARCH, PLACEMENT, *(peer.name for peer in peers)]
    return compare(answered, names, PLACEMENT, origin=origin, resamples=resamples, seed=seed)
