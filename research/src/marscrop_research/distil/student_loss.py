"""What the student is judged by: features, maps, and where windows come to lie."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from marscrop.errors import ModelError
from marscrop.geometry import Size
from marscrop_research.distil.second_teacher import SecondTeacher
from marscrop_research.distil.student_config import LossConfig
from marscrop_research.distil.teacher import Teacher, places
from marscrop_research.distil.views import ViewBatch

_RATIOS: Final = 64
_EDGE_PX: Final = 256


def ratios_asked(config: LossConfig) -> NDArray[np.float64]:
    """(64,) ratios, evenly in logarithm: drawing from them saves the meta-learner at each step."""
    return np.geomspace(config.lowest_ratio, config.highest_ratio, _RATIOS)


class DistilLoss:
    """How far a student is from its teacher, through the teacher's own head."""

    def __init__(
        self, config: LossConfig, teacher: Teacher, second: SecondTeacher | None = None
    ) -> None:
        """Start.

        Args:
            config: how much each part counts.
            teacher: whose features are learned, and whose maps.
            second: whose maps are mixed into those, where a view shows a whole photo.
        """
        self._config, self._teacher, self._second = config, teacher, second
        self._ratios = torch.from_numpy(ratios_asked(config)).float()
        self._prior = teacher.session.manifest.prior

    def __call__(
        self, found: Tensor, wanted: Tensor, batch: ViewBatch, draw: np.random.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """The loss of a batch at ratios that are drawn.

        Args:
            found: (b, c, h, w) the student's features.
            wanted: (b, c, h', w') the teacher's, of the same views, maybe finer.
            batch: what they were shown.
            draw: decides the ratios.

        Returns:
            scalar, and its parts before they are weighted.

        Raises:
            ModelError: it is not finite.
        """
        config, image = self._config, batch.shown
        chosen = torch.from_numpy(draw.integers(_RATIOS, size=(len(found), config.ratios)))
        ratios = self._ratios[chosen]
        maps = self._teacher.maps(found, chosen)
        with torch.no_grad():
            theirs = self._mixed(self._teacher.maps(wanted, chosen), batch, chosen)
            there = places(theirs, ratios, image, self._prior)
            variance = wanted.var(dim=(0, 2, 3)).clamp(min=1e-6)
        errors = (found - _resized(wanted, found)).square().mean(dim=(0, 2, 3))
        feature = (errors / variance).mean()
        map_ = (maps - _resized(theirs, maps)).square().mean()
        sides = torch.tensor([image.width, image.height]) * (_EDGE_PX / max(image))
        apart = (places(maps, ratios, image, self._prior) - there) * sides
        place = F.smooth_l1_loss(apart, torch.zeros_like(apart))
        total = (
            config.feature_weight * feature + config.map_weight * map_ + config.place_weight * place
        )
        parts = {"loss": total, "feature": feature, "map": map_, "place": place}
        found_parts = {name: round(float(part.detach()), 5) for name, part in parts.items()}
        if not math.isfinite(found_parts["loss"]):
            raise ModelError(None, f"the loss is not finite ({found_parts}); lower learning_rate")
        return total, found_parts

    def _mixed(self, maps: Tensor, batch: ViewBatch, chosen: Tensor) -> Tensor:
        """The teacher's maps, and the second one's of whole photos."""
        whole = [index for index, all_of_it in enumerate(batch.whole) if all_of_it]
        if self._second is None or not whole:
            return maps
        rows, columns = batch.teacher.shape[1:3]
        theirs = self._second.maps(
            [batch.photos[index] for index in whole],
            [batch.flipped[index] for index in whole],
            Size(columns, rows),
            chosen[whole],
        )
        mixed = maps.clone()
        mixed[whole] = torch.lerp(maps[whole], _resized(theirs, maps), self._config.second_weight)
        return mixed


def _resized(fine: Tensor, coarse: Tensor) -> Tensor:
    """(b, c, h', w') averaged to the grid of another."""
    size = coarse.shape[2:]
    if fine.shape[2:] == size:
        return fine
    return F.interpolate(fine, size=tuple(size), mode="bilinear", antialias=True)
