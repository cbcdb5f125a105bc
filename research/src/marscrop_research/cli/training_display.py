"""What a person sees of a training run."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class TrainingDisplay:
    """A bar for the epoch that runs, and a line for each that is done."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.4f}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("epoch 0", loss=float("nan"))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def step(self, epoch: int, batch: int, batches: int, loss: float) -> None:
        """Move the bar."""
        self._progress.update(
            self._task,
            description=f"epoch {epoch + 1}/{self._epochs}",
            completed=batch,
            total=batches,
            loss=loss,
        )

    def epoch(self, line: dict[str, Any]) -> None:
        """Print what the validation said."""
        self._progress.console.print(
            f"epoch {line['epoch'] + 1}: train loss {line['train_loss']:.4f}, validation IoU "
            f"{line['marscrop iou']:.4f}, BDE {line['marscrop bde']:.4f}; section 3.4 "
            f"{line['section 3.4 iou']:.4f}; {line['photos_per_s']} photos/s"
        )
