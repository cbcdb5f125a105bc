"""Two tiny networks, one exported in 32 bits, one trained and packaged in 16: exporting is slow."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from research.tests.support import ALONE, VALIDATION, make_fcdb, settled_network, tiny_config

from marscrop.runtime.manifest import Manifest
from marscrop.runtime.model import MarsModel
from marscrop.window.confidence import Calibration
from marscrop.window.placement import Prior
from marscrop_research.config import Config
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.export.onnx_export import export
from marscrop_research.export.packaging import package_model
from marscrop_research.network.checkpoint import load_model
from marscrop_research.network.mars import Mars
from marscrop_research.network.normalise import Normalise
from marscrop_research.training.loop import train

PRIOR = Prior((0.8, 0.9, 1.0), sharpness=60.0)
CONFIG = tiny_config(
    model={
        "out_stride": 2,  # two deconvolutions, as the product has
        "meta_init": "fan_in",
        "padding": "same",
        "pixel_mean": (0.4, 0.5, 0.6),
        "pixel_std": (0.2, 0.25, 0.3),
    },
    train={"epochs": 4},
)


@dataclass(frozen=True)
class Exported:
    """A network, as torch has it and as the product does."""

    model: Mars
    config: Config
    folder: Path
    manifest: Manifest
    session: MarsModel

    def torch_logits(self, rgb: NDArray[np.uint8], ratios: Sequence[float]) -> NDArray[np.float32]:
        """(len(ratios), h, w), each ratio with its own pass through the whole network."""
        pixels = torch.tensor(rgb).permute(2, 0, 1)[None]
        images = Normalise(self.config.model)(pixels)
        with torch.inference_mode():
            maps = [self.model(images, torch.tensor([math.log(ratio)]))[0] for ratio in ratios]
        return torch.stack(maps).numpy()

    def onnx_logits(self, rgb: NDArray[np.uint8], ratios: Sequence[float]) -> NDArray[np.float32]:
        """The same by the product's session, all ratios at once."""
        return self.session.logits(self.session.features(rgb), ratios)


@pytest.fixture(scope="session")
def fcdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small FCDB, for reading only; of two validation photos it is known what becomes of them.

    Of the first, a crop somewhat smaller than the centre crop is nearer to the human one, which has
    three quarters of its sides. Of the second, the centre crop itself is the human one.
    """
    folder = make_fcdb(tmp_path_factory.mktemp("data") / "fcdb")
    path = folder / "cropping_training_set.json"
    crops = json.loads(path.read_text())
    for name, share in zip(VALIDATION[:2], (0.75, 1.0), strict=True):
        (entry,) = (entry for entry in crops if entry["url"].endswith(name))
        with Image.open(folder / "images" / name) as photo:
            sides = min(photo.size)
            x, y = ((side - share * sides) / 2 for side in photo.size)
        entry["crop"] = [x, y, share * sides, share * sides]
    path.write_text(json.dumps(crops))
    return folder


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """An untrained network in 32 bits."""
    model = settled_network(CONFIG.model)
    folder = tmp_path_factory.mktemp("exported") / "new" / "model"
    manifest = export(
        model,
        CONFIG,
        folder,
        prior=PRIOR,
        calibration=Calibration(0.1, 0.2, 0.3),
        training={"commit": "abc123"},
        scores={"iou": 0.5},
        half=False,
    )
    return Exported(model, CONFIG, folder, manifest, MarsModel(folder, threads=1))


@pytest.fixture(scope="session")
def checkpoint(fcdb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a network trained for a moment."""
    folder = tmp_path_factory.mktemp("run")
    return train(CONFIG, load_fcdb(fcdb).crops(), folder, ALONE, commit="def456").best


@pytest.fixture(scope="session")
def packaged(checkpoint: Path, fcdb: Path, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The trained network as it would ship, in 16 bits."""
    folder = tmp_path_factory.mktemp("packaged")
    manifest = package_model(checkpoint, folder, fcdb)
    model, config, _ = load_model(checkpoint)
    return Exported(model, config, folder, manifest, MarsModel(folder, threads=1))
