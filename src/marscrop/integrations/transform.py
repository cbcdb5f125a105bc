"""A transform for image pipelines, such as that of a `torch.utils.data.Dataset`, on PIL images."""

from __future__ import annotations

from typing import Any

from marscrop.faces.centerface import read_network
from marscrop.faces.rule import looks_for_faces
from marscrop.imaging.padding import Picture
from marscrop.integrations.shared_cropper import shared_cropper
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio, RatioLike


class BestCrop:
    """A transform from a picture to its best crop of one ratio.

    It can be pickled: each worker process loads the model when its first picture comes. Where a
    loader has several workers, one thread each is fastest: set OMP_NUM_THREADS to 1.
    """

    def __init__(self, ratio: RatioLike, **options: Any) -> None:
        """A transform that crops to one ratio.

        Args:
            ratio: such as "1:1".
            options: of `Cropper.crop`.

        Raises:
            MarscropError: a ratio or an option that cannot be understood; `MissingExtraError`:
                faces to keep and no detector installed.
        """
        self.ratio = AspectRatio.parse(ratio)
        asked = CropOptions.parse(**options)  # so that a mistake is told now and not in a worker
        if looks_for_faces(asked.faces):
            read_network()
        self.options = options

    def __call__(self, picture: Picture) -> Picture:
        """The crop of a PIL image.

        Raises:
            MarscropError: as `Cropper.crop`.
        """
        cropper = shared_cropper()
        crop = cropper.crop(picture, self.ratio, **self.options)[0]
        return cropper.picture(picture, crop)

    def __repr__(self) -> str:
        given = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"BestCrop({str(self.ratio)!r}{given})"
