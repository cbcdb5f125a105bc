"""What a system of Table 7 is: it learns from batches of photos and answers with a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from torch import Generator, Tensor, nn

from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.systems.gaze import SeenGaze
from marscrop_research.systems.photo_features import Ranked


class Batch(NamedTuple):
    """Photos of one shape.

    Attributes:
        features: (b, c, h, w) float32.
        sizes: (b,), of the photos [px].
        boxes: (b, 4) float32, the human crops, x0 y0 x1 y1 in shares of the photo's sides.
        ranked: (b,), the pairs that people compared, of each photo.
    """

    features: Tensor
    sizes: tuple[Size, ...]
    boxes: Tensor
    ranked: tuple[tuple[Ranked, ...], ...]

    @property
    def log_ratio(self) -> Tensor:
        """(b,), natural logarithm of the human crops' width / height in pixels."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        shapes = sides.new_tensor([size.ratio for size in self.sizes])
        return (shapes * sides[:, 0] / sides[:, 1]).log()


class Schedule(NamedTuple):
    """How a system is trained, tuned on validation photos.

    Attributes:
        epochs: as many steps as show each photo and its mirror image so often, in the mean.
        learning_rate: peak of AdamW's; linear warm-up, then half a cosine to 0.
        batch_size: largest; photos of rare shapes come in smaller batches.
        weight_decay: AdamW's.
    """

    epochs: int = 10
    learning_rate: float = 1e-3
    batch_size: int = 16
    weight_decay: float = 1e-2


class Published(NamedTuple):
    """What the paper's Table 7 prints, at the asked ratio; None where it prints nothing.

    Attributes:
        backbone: that it was built on.
        frames: per second.
        hcdb, fcdb: IoU and BDE.
        fat: IoU and offset [px].
    """

    backbone: str
    frames: float | None = None
    hcdb: tuple[float, float] | None = None
    fcdb: tuple[float, float] | None = None
    fat: tuple[float, float] | None = None


class System(nn.Module):
    """A system of Table 7. Subclasses take no arguments.

    Attributes:
        name: on the command line and of folders.
        title: for people.
        paper: authors and place.
        published: what the Mars paper prints of it.
        bends: for the reader of the table, in a sentence: in what our row is not the system.
        teachers: names of the systems that must be trained before, with the same seed.
        asks_teachers: whether their weights are needed to answer too, and so count as its own.
        schedule: of training.
        learns_gaze: whether it must be shown where people look.
        taught_by: the trained teachers, in evaluation mode, by name; no part of the weights.
        gazes: photos with fixations to learn from; none once it is trained.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    paper: ClassVar[str]
    published: ClassVar[Published]
    bends: ClassVar[str]
    teachers: ClassVar[tuple[str, ...]] = ()
    asks_teachers: ClassVar[bool] = False
    learns_gaze: ClassVar[bool] = False
    schedule: ClassVar[Schedule] = Schedule()

    def __init__(self) -> None:
        super().__init__()
        self.taught_by: dict[str, System] = {}
        self.gazes: tuple[SeenGaze, ...] = ()

    def learn_from(self, teachers: Mapping[str, System]) -> None:
        """Be given the trained systems that `teachers` names."""
        # A plain dictionary, so that torch takes them for no part of this one.
        self.taught_by = {
            name: teachers[name].eval().requires_grad_(False) for name in self.teachers
        }

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        """Scalar to minimise, for one step; everything random comes from `generator`."""
        raise NotImplementedError

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        """The crop of one photo, called without gradients and in evaluation mode.

        Args:
            features: (c, h, w) float32.
            size: of the photo [px].
            ratio: asked.

        Returns:
            window of exactly `ratio`, in shares of the photo's sides, inside the photo.
        """
        raise NotImplementedError
