from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from research.tests.support import settled_network, tiny_config
from torch import Tensor

from marscrop.geometry import Size
from marscrop.imaging.resize import resize_rgb
from marscrop_research.distil.second_teacher import SecondTeacher
from marscrop_research.distil.student_config import LossConfig
from marscrop_research.distil.student_loss import DistilLoss, ratios_asked
from marscrop_research.distil.teacher import Teacher
from marscrop_research.distil.views import EncodedPhoto, ViewBatch, planes
from marscrop_research.network.checkpoint import load_model, save_checkpoint
from marscrop_research.network.normalise import Normalise

SIZE = Size(64, 48)
RATIOS = np.array([0.5, 1.0, 2.0])


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = tiny_config(model={"layer": "c4_6", "out_stride": 8})
    path = tmp_path_factory.mktemp("second") / "best.pt"
    weights = settled_network(config.model).state_dict()
    save_checkpoint(path, {"config": config.to_table(), "model": weights})
    return path


@pytest.fixture
def photo(examples: Path) -> EncodedPhoto:
    return EncodedPhoto.read(examples / "cat.jpg")


def test_its_maps_are_those_of_the_checkpoint(
    checkpoint: Path, photo: EncodedPhoto, tmp_path: Path
) -> None:
    teacher = SecondTeacher(checkpoint, tmp_path, [photo], RATIOS)
    maps = teacher.maps([0, 0], [False, True], SIZE, torch.tensor([[0, 2], [0, 2]]))
    model, config, _ = load_model(checkpoint)
    pixels = Normalise(config.model)(planes(resize_rgb(photo.decode(half=False), SIZE)[None]))
    with torch.inference_mode():
        asked = [model(pixels, torch.tensor([math.log(r)]))[0] for r in (0.5, 2.0)]
    torch.testing.assert_close(maps[0], torch.stack(asked), rtol=0.01, atol=0.01)  # halves kept
    assert torch.equal(maps[1], maps[0].flip(2))


def test_a_photo_is_looked_at_once(
    checkpoint: Path, photo: EncodedPhoto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ([0], [False], SIZE, torch.tensor([[1]]))
    first = SecondTeacher(checkpoint, tmp_path, [photo], RATIOS).maps(*asked)
    monkeypatch.setattr(EncodedPhoto, "decode", lambda *_, **__: pytest.fail("looked again"))
    again = SecondTeacher(checkpoint, tmp_path, [photo], RATIOS).maps(*asked)
    assert torch.equal(first, again)


@pytest.mark.parametrize(("whole", "weight", "moves"), [(True, 0.5, True), (True, 0.0, False),
                                                        (False, 0.5, False)])  # fmt: skip
def test_only_whole_photos_are_learned_from_both(
    checkpoint: Path,
    teacher_folder: Path,
    photo: EncodedPhoto,
    tmp_path: Path,
    *,
    whole: bool,
    weight: float,
    moves: bool,
) -> None:
    """A student that sees what the first teacher sees is off only where the second joins in."""
    config = LossConfig(second_weight=weight)
    teacher = Teacher(teacher_folder, ratios_asked(config))
    rgb = resize_rgb(photo.decode(half=False), SIZE)[None]
    batch = ViewBatch(rgb, rgb, photo.size, (0,), (whole,), (False,))
    features: Tensor = teacher.features(rgb)
    second = SecondTeacher(checkpoint, tmp_path, [photo], ratios_asked(config))
    _, parts = DistilLoss(config, teacher, second)(
        features, features, batch, np.random.default_rng(0)
    )
    assert (parts["map"] > 0) is moves
