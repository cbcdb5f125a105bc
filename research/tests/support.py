"""A small FCDB in its published format, and configurations that train on it in a second."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import nn

from marscrop.geometry import Size, Window
from marscrop_research.config import Config, ModelConfig
from marscrop_research.network.mars import Mars
from marscrop_research.training.distributed import World

RESEARCH: Final = Path(__file__).parents[1]
REPOSITORY: Final = RESEARCH.parent
CONFIGS: Final = sorted((RESEARCH / "configs").glob("*.toml"))
REAL_FCDB: Final = REPOSITORY.parent / "shared" / "data" / "fcdb_train"
REAL_WEIGHTS: Final = REPOSITORY.parent / "shared" / "weights"

TRAINING: Final = tuple(f"photo_{n:02}.jpg" for n in (0, 2, 5, 6, 8, 10))
VALIDATION: Final = tuple(f"photo_{n:02}.jpg" for n in (1, 3, 4))
"""Names whose SHA-1 is 0 modulo 5 (as `printf %s NAME | sha1sum` says)."""

ALONE: Final = World(0, 1, torch.device("cpu"))

_SIZES: Final = (Size(96, 64), Size(64, 96), Size(80, 80), Size(96, 72))
_RATIOS: Final = (1.0, 16 / 9, 4 / 5, 0.45, 3.0)


def make_fcdb(folder: Path) -> Path:
    """Write photos and both JSON files as FCDB publishes them; the same bytes every time.

    Each photo is dark noise with a bright disc; the human crop has the disc in its middle.
    """
    (folder / "images").mkdir(parents=True)
    crops, pairs = [], []
    for index, name in enumerate(sorted(TRAINING + VALIDATION)):
        rng = np.random.default_rng(index)
        size = _SIZES[index % len(_SIZES)]
        crop = _draw_crop(size, _RATIOS[index % len(_RATIOS)], rng)
        _draw_photo(size, crop, rng).save(folder / "images" / name, quality=95)
        url = f"https://farm{index}.staticflickr.com/38{index}/{name}"
        crops.append({"url": url, "flickr_photo_id": 1000 + index, "crop": _published(crop)})
        pairs.append({"url": url, "crops": [_draw_pair(size, rng) for _ in range(10)]})
    (folder / "cropping_training_set.json").write_text(json.dumps(crops))
    (folder / "ranking_annotation.json").write_text(json.dumps(pairs))
    return folder


def _draw_crop(size: Size, ratio: float, rng: np.random.Generator) -> Window:
    width = min(size.width, size.height * ratio) * rng.uniform(0.5, 0.9)
    x0 = rng.uniform(0, size.width - width)
    y0 = rng.uniform(0, size.height - width / ratio)
    return Window(x0, y0, x0 + width, y0 + width / ratio)


def _draw_photo(size: Size, crop: Window, rng: np.random.Generator) -> Image.Image:
    noise = rng.integers(0, 60, (size.height, size.width, 3), dtype=np.uint8)
    photo = Image.fromarray(noise)
    x, y = crop.centre
    radius = 0.4 * min(crop.width, crop.height)
    ImageDraw.Draw(photo).ellipse(
        (x - radius, y - radius, x + radius, y + radius), fill=(250, 200, 40)
    )
    return photo


def _draw_pair(size: Size, rng: np.random.Generator) -> dict[str, Any]:
    votes = int(rng.integers(0, 6))
    first, second = (_published(_draw_crop(size, 1.0, rng)) for _ in range(2))
    return {"crop_0": first, "crop_1": second, "vote_for_0": votes, "vote_for_1": 5 - votes}


def _published(crop: Window) -> list[float]:
    """x, y, width, height with the two decimals of the published files, never past the edge."""
    return [math.floor(100 * v) / 100 for v in (crop.x0, crop.y0, crop.width, crop.height)]


def tiny_config(
    model: Mapping[str, Any] | None = None,
    augment: Mapping[str, Any] | None = None,
    train: Mapping[str, Any] | None = None,
) -> Config:
    """MobileNetV2 to stride 8 and a meta-learner of a few thousand weights, with changes."""
    return Config.from_table(
        {
            "name": "tiny",
            "model": {
                "layer": "c3_1",
                "embedding_dim": 8,
                "embedding_count": 5,
                "hidden_width": 8,
                "out_channels": 4,
                "ratio_range": (0.25, 4.0),
                **(model or {}),
            },
            "augment": augment or {},
            "train": {
                "epochs": 3,
                "batch_size": 2,
                "learning_rate": 3e-3,
                "longest_edge_px": 64,
                **(train or {}),
            },
        }
    )


def settled_network(config: ModelConfig, seed: int = 0) -> Mars:
    """An untrained network in evaluation mode whose maps are far from flat.

    Batch norms have the statistics of a batch of noise, and no scale or shift is as PyTorch
    starts it, so that a tensor that gets lost shows.
    """
    torch.manual_seed(seed)
    model = Mars(config)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.uniform_(-0.5, 0.5)
            norm.momentum = 1.0
        model(torch.randn(8, 3, 64, 64), torch.linspace(*config.log_ratio_range, 8))
    return model.eval()
