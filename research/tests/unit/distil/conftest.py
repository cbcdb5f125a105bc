"""A float model of the shipped one's shape, and a student of it that has learned nothing yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from research.tests.support import settled_network, tiny_config
from torch import Tensor

from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.window.confidence import Calibration
from marscrop.window.placement import Prior
from marscrop_research.distil.student import QuantisedFeatures
from marscrop_research.distil.student_graph import read_weights
from marscrop_research.distil.views import planes
from marscrop_research.export.onnx_export import export

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="session")
def teacher_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of random weights, batch norms settled; its input is 64 px."""
    folder = tmp_path_factory.mktemp("teacher")
    config = tiny_config(
        model={"layer": "c4_6", "out_stride": 8, "padding": "same", "pixel_mean": [0.5] * 3,
               "pixel_std": [0.5] * 3}
    )  # fmt: skip
    export(
        settled_network(config.model),
        config,
        folder,
        prior=Prior((0.8, 0.9), 60.0),
        calibration=Calibration(0.0, 1.0, 1.0),
        training={"data": "none"},
        scores={},
    )
    return folder


@pytest.fixture(scope="session")
def weights(teacher_folder: Path) -> Mapping[str, Tensor]:
    return read_weights(teacher_folder / "features.onnx")


@pytest.fixture(scope="session")
def rgb(examples: Path) -> Pixels:
    """A real photo, 64 x 48."""
    return open_photo(examples / "cat.jpg").analysis_rgb(Size(64, 48))


@pytest.fixture
def student(weights: Mapping[str, Tensor], rgb: Pixels) -> QuantisedFeatures:
    """With its steps measured, in evaluation mode."""
    network = QuantisedFeatures(weights).eval()
    network.measure(planes(rgb[None]))
    return network
