"""How much of heads, subjects and fixations several methods' crops hold, as Markdown tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from marscrop.geometry import Box
from marscrop_research.evaluation.bootstrap import Bootstrap
from marscrop_research.evaluation.photo_crops import CENTRE, EARLIER, OURS, PhotoCrops

Values = NDArray[np.float64]
Groups = Mapping[str, tuple[str, ...]]
"""What a table has rows for: sources or ratios, by name."""


class Shares:
    """How much of each thing of one kind is inside each method's crop, at every ratio.

    Attributes:
        methods: whose crops are judged, ours among them; a column each.
    """

    def __init__(self, methods: Sequence[str]) -> None:
        """Nothing judged yet."""
        self.methods = methods
        self._where: list[tuple[str, str, str, bool]] = []
        self._inside: list[list[float]] = []

    def add(
        self,
        source: str,
        photo: str,
        crops: PhotoCrops,
        ratio: str,
        fit: bool,
        share: Callable[[Box], float],
    ) -> None:
        """Judge all methods' crops of a photo by one thing.

        Args:
            source, photo: that the thing is in, by name.
            crops: of the photo.
            ratio: of the crops that are judged.
            fit: whether some crop of the ratio can hold the thing.
            share: of the thing that a crop holds, 0..1.
        """
        boxes = crops.boxes[ratio]
        self._where.append((source, photo, ratio, fit))
        self._inside.append([share(boxes[m]) if m in boxes else np.nan for m in self.methods])

    def table(
        self,
        title: str,
        metric: Callable[[Values], Values],
        sources: Groups,
        ratios: Groups,
        fit: bool | None = None,
    ) -> Iterator[str]:
        """Markdown: means of a metric in per cent, by source and ratio.

        Args:
            title: of the table.
            metric: of shares inside.
            sources, ratios: whose things each row is about.
            fit: only things that fit into a crop of the ratio, or only others.
        """
        others = [method for method in (EARLIER, CENTRE) if method in self.methods]
        columns = [*self.methods, *(f"{OURS} - {method}" for method in others)]
        yield f"\n### {title}\n"
        yield f"| source | ratio | things | fit | {' | '.join(columns)} |"
        yield "|---" * 4 + "|--:" * len(columns) + "|"
        values = metric(np.array(self._inside).reshape(-1, len(self.methods)))
        for source, its_sources in sources.items():
            for ratio, its_ratios in ratios.items():
                chosen = [
                    i
                    for i, (s, _, r, f) in enumerate(self._where)
                    if s in its_sources and r in its_ratios and fit in (None, f)
                ]
                if chosen:
                    share_fit = np.mean([self._where[i][3] for i in chosen])
                    cells = self._row(values, chosen, others)
                    yield (
                        f"| {source} | {ratio} | {len(chosen)} | {share_fit:.0%} | "
                        f"{' | '.join(cells)} |"
                    )

    def _row(self, values: Values, chosen: list[int], others: list[str]) -> Iterator[str]:
        of_methods = dict(zip(self.methods, 100 * values[chosen].T, strict=True))
        for inside in of_methods.values():
            known = inside[~np.isnan(inside)]
            partly = f" ({known.size})" if known.size < inside.size else ""
            yield f"{known.mean():.1f}{partly}" if known.size else "-"
        for method in others:
            known = ~np.isnan(of_methods[method])
            if not known.any():
                yield "-"
                continue
            photos = np.unique([self._where[i][1] for i in chosen], return_inverse=True)[1]
            found = Bootstrap(photos[known]).difference(
                of_methods[OURS][known], of_methods[method][known]
            )
            yield f"{found.mean:+.1f} [{found.low:+.1f}, {found.high:+.1f}]"
