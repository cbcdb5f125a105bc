"""How a student is made: frozen values, read from a TOML page."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from marscrop_research.checked import Checked, require
from marscrop_research.errors import ConfigError


@dataclass(frozen=True)
class ViewsConfig(Checked):
    """What the student is shown.

    Attributes:
        longest_edge_px: of its input.
        batch_size: views a step.
        whole: share of the views that show all of a photo, as the product's do.
        zoom: the smallest part that the others show, in shares of the side of the largest.
        half_decoded: share of the student's views that come from a JPEG decoded at half its size.
        brightness, contrast, saturation: most that they change, in shares.
    """

    longest_edge_px: int = 192
    batch_size: int = 16
    whole: float = 0.5
    zoom: float = 0.7
    half_decoded: float = 0.3
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2

    def __post_init__(self) -> None:
        require(self.longest_edge_px >= 16, "longest_edge_px must be at least 16")
        require(self.longest_edge_px % 16 == 0, "longest_edge_px must be a multiple of 16")
        require(self.batch_size > 0, "batch_size must be positive")
        require(0 < self.zoom <= 1, "zoom must be in (0, 1]")
        require(0 <= self.whole <= 1, "whole must be 0 to 1")
        require(0 <= self.half_decoded <= 1, "half_decoded must be 0 to 1")
        for name in ("brightness", "contrast", "saturation"):
            require(0 <= getattr(self, name) < 1, f"{name} must be in [0, 1)")


@dataclass(frozen=True)
class LossConfig(Checked):
    """What the student is judged by.

    Attributes:
        feature_weight: of the squared error of features, in shares of their variance.
        map_weight: of the squared error of maps, in squared logits.
        place_weight: of how far windows are apart [shares of a side, by 256].
        second_weight: share of the second teacher's maps in those that are learned, 0..1.
        ratios: asked of each view.
        lowest_ratio, highest_ratio: they are drawn between these, evenly in logarithm.
    """

    feature_weight: float = 1.0
    map_weight: float = 1.0
    place_weight: float = 0.2
    second_weight: float = 0.25
    ratios: int = 4
    lowest_ratio: float = 0.4
    highest_ratio: float = 2.5

    def __post_init__(self) -> None:
        require(self.ratios > 0, "ratios must be positive")
        require(0 <= self.second_weight <= 1, "second_weight must be 0 to 1")
        require(
            0 < self.lowest_ratio < self.highest_ratio,
            "lowest_ratio must be positive and below highest_ratio",
        )


@dataclass(frozen=True)
class DistilConfig(Checked):
    """A whole recipe.

    Attributes:
        name: of the model.
        steps: batches in all.
        learning_rate: at its highest, after the warm-up; a half cosine leads to zero.
        warmup_steps: from nothing to there.
        measured_photos: that the integers' steps are first measured on.
        kept: share of the expansion channels that stay in `features.2` ... `features.12`.
        checkpoint_every_steps: how much a kill costs, at most.
        validate_every_steps: how often the validation photos are asked.
        seed: of everything random.
    """

    name: str = "distilled"
    steps: int = 4000
    learning_rate: float = 1e-3
    warmup_steps: int = 50
    measured_photos: int = 64
    kept: tuple[float, float, float, float, float, float, float, float, float, float, float] = (
        1.0,
    ) * 11
    checkpoint_every_steps: int = 100
    validate_every_steps: int = 500
    seed: int = 0
    views: ViewsConfig = field(default_factory=ViewsConfig)
    loss: LossConfig = field(default_factory=LossConfig)

    def __post_init__(self) -> None:
        for name in ("steps", "measured_photos", "checkpoint_every_steps", "validate_every_steps"):
            require(getattr(self, name) > 0, f"{name} must be positive")
        require(0 <= self.warmup_steps < self.steps, "warmup_steps must be below steps")
        require(self.learning_rate > 0, "learning_rate must be positive")
        require(all(0 < share <= 1 for share in self.kept), "kept must be shares in (0, 1]")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a page; its name is the model's where it gives none.

        Raises:
            ConfigError: it cannot be read, is not TOML, or `from_table` refuses it.
        """
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: cannot be read ({error})") from None
        return cls.from_table({"name": path.stem, **table}, str(path))
