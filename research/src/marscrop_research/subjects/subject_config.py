"""How a subject map is taught: frozen values, read from a TOML page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from marscrop_research.checked import Checked, read_page, require


@dataclass(frozen=True, slots=True)
class SubjectConfig(Checked):
    """The recipe.

    Attributes:
        name: names the run's folder.
        steps: batches.
        batch_size: views.
        learning_rate: highest, of a one-cycle schedule.
        weight_decay: of AdamW.
        gaze_weight, head_weight, subject_weight, box_weight: parts of the loss; the last is of
            offsets and sizes within those of heads and subjects.
        checkpoint_every_steps: how much a kill costs, at most.
        seed: of everything random.
    """

    name: str = "subjects"
    steps: int = 6000
    batch_size: int = 40
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    gaze_weight: float = 1.0
    head_weight: float = 1.0
    subject_weight: float = 0.5
    box_weight: float = 0.5
    checkpoint_every_steps: int = 250
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "checkpoint_every_steps", "learning_rate"):
            require(getattr(self, name) > 0, f"{name} must be positive; got {getattr(self, name)}")
        for name in (
            "weight_decay",
            "gaze_weight",
            "head_weight",
            "subject_weight",
            "box_weight",
            "seed",
        ):
            require(
                getattr(self, name) >= 0, f"{name} must be 0 or more; got {getattr(self, name)}"
            )

    @classmethod
    def load(cls, path: Path, changes: Sequence[str] = ()) -> Self:
        """Read a page; its name is the run's where it gives none.

        Args:
            path: of the page.
            changes: settings in place of the page's, such as "steps=300".

        Raises:
            ConfigError: the file is missing, is not TOML, or holds a bad key or value.
        """
        return cls.from_table({"name": path.stem, **read_page(path, changes)}, str(path))
