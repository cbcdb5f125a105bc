"""The transform inside a real torch DataLoader."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("torch", reason="torch is not installed")

from torch.utils.data import DataLoader, Dataset

from marscrop import Cropper, RatioError
from marscrop.errors import MissingExtraError, OptionError
from marscrop.faces import centerface
from marscrop.integrations.transform import BestCrop


class Photos(Dataset[tuple[int, int]]):
    """The sizes of crops of a few photos."""

    def __init__(self, paths: list[Path], transform: BestCrop) -> None:
        self.paths, self.transform = paths, transform

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[int, int]:
        with Image.open(self.paths[index]) as photo:
            return self.transform(photo).size


@pytest.mark.parametrize("workers", [0, 2])
def test_loader_gives_the_croppers_crops(
    workers: int, cropper: Cropper, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    paths = sorted(examples.glob("*.jpg"))[:3]
    photos = Photos(paths, BestCrop("4:5", faces="ignore"))
    found = [
        tuple(map(int, size))
        for size in DataLoader(
            photos,
            batch_size=None,
            num_workers=workers,
            multiprocessing_context="spawn" if workers else None,
        )
    ]
    assert found == [cropper.crop(p, "4:5", faces="ignore")[0].box.size for p in paths]


def test_pixels_are_those_of_the_crop(cropper: Cropper, examples: Path) -> None:
    with Image.open(examples / "rocket.jpg") as photo:
        (crop,) = cropper.crop(photo, "1:1")
        assert BestCrop("1:1")(photo).tobytes() == photo.crop(crop.box).tobytes()


def test_mistakes_are_told_at_once() -> None:
    with pytest.raises(RatioError):
        BestCrop("0:1")
    with pytest.raises(OptionError):
        BestCrop("1:1", max_candidates=0)
    with pytest.raises(TypeError):
        BestCrop("1:1", zooom=2)


def test_it_can_be_pickled_and_says_what_it_does() -> None:
    transform = pickle.loads(pickle.dumps(BestCrop("4x5", min_size=0.5)))  # noqa: S301
    assert repr(transform) == "BestCrop('4x5', min_size=0.5)"


def test_a_missing_face_detector_is_told_as_the_transform_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(centerface, "find_spec", lambda name: None)
    BestCrop("1:1")
    with pytest.raises(MissingExtraError, match="faces"):
        BestCrop("1:1", faces="keep")
