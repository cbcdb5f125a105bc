"""Where people look, beside what the systems see of the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from research.tests.support import tiny_config

from marscrop.geometry import Size
from marscrop_research.data.fixations import FixationRecord
from marscrop_research.errors import ConfigError
from marscrop_research.systems.dic import Dic
from marscrop_research.systems.gaze import density_of, seen_gaze
from marscrop_research.systems.photo_features import FrozenBackbone
from marscrop_research.systems.training import train_system


@pytest.fixture
def looked_at(tmp_path: Path) -> FixationRecord:
    """A photo of which people look at the left."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "photo.png")
    return FixationRecord(tmp_path / "photo.png", Size(96, 64), np.array([[0.1, 0.5]] * 3))


def test_a_photo_and_its_mirror_image_come_with_gaze_on_opposite_sides(
    looked_at: FixationRecord, tmp_path: Path
) -> None:
    backbone = FrozenBackbone(tiny_config({"layer": "c4_6"}), tmp_path)
    plain, mirrored = seen_gaze(backbone, [looked_at])
    columns = plain.features.shape[-1]
    assert plain.density.shape == plain.features.shape[-2:]
    assert not torch.equal(plain.features, mirrored.features)
    assert plain.density[:, : columns // 2].sum() > 0.9
    torch.testing.assert_close(mirrored.density, plain.density.flip(1))


def test_shares_of_the_cells_sum_to_one() -> None:
    density = torch.rand(48, 48, generator=torch.Generator().manual_seed(0))
    shares = density_of(density, torch.empty(96, 11, 16))
    assert shares.shape == (11, 16)
    torch.testing.assert_close(shares.sum(), torch.tensor(1.0))


def test_a_system_that_learns_gaze_is_not_trained_without(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="dic learns from where people look"):
        train_system(Dic, [], tmp_path)
