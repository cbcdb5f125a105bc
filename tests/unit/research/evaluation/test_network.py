"""From a network's map to boxes, for evaluation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from tests.research_support import settled_network, tiny_config

from marscrop.geometry import Box, Size, Window, snap
from marscrop.research.data.batches import PhotoStore
from marscrop.research.data.records import CropRecord
from marscrop.research.evaluation.network import (
    PAPER,
    SEARCH,
    TorchMaps,
    checkpoint_maps,
    decode_both,
    product_maps,
)
from marscrop.research.mars import Mars
from marscrop.research.training.checkpoint import save_checkpoint
from marscrop.window.paper import paper_window
from marscrop.window.search import search_window

RECORD = CropRecord(Path("photo.jpg"), Size(160, 120), Window(0.0, 0.0, 60.0, 60.0), "test")


def rectangle(_: CropRecord) -> NDArray[np.float32]:
    """Columns 2..4 and rows 1..3 of an 8 x 6 map: pixels (40, 20) to (100, 80)."""
    logits = np.full((6, 8), -4.0, np.float32)
    logits[1:4, 2:5] = 4
    return logits


@pytest.mark.parametrize("method", [PAPER, SEARCH])
def test_both_decoders_find_a_rectangle_of_the_asked_ratio(method: str) -> None:
    assert decode_both(rectangle)(RECORD)[method] == Box(40, 20, 100, 80)


def test_decoders_are_told_apart_by_name() -> None:
    """On a map where they disagree: section 3.4 looks at counts, the search at sums."""
    logits = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    boxes = decode_both(lambda _: logits)(RECORD)
    size, ratio = RECORD.size, RECORD.ratio
    assert boxes[PAPER] == snap(paper_window(logits, size, ratio), size, ratio)
    assert boxes[SEARCH] == snap(search_window(logits, size, ratio).window, size, ratio)
    assert boxes[PAPER] != boxes[SEARCH]


@pytest.fixture(scope="module")
def model() -> Mars:
    return settled_network(tiny_config().model)


@pytest.mark.parametrize(("index", "size"), [(0, (64, 48)), (1, (48, 64)), (2, (64, 64))], ids=str)
def test_map_is_the_networks_at_the_records_ratio(
    model: Mars, records: list[CropRecord], index: int, size: tuple[int, int]
) -> None:
    """96x64 becomes 64x48 and not 64x43: sides are multiples of 16."""
    config, record = tiny_config(), records[index]
    with Image.open(record.path) as photo:
        pixels = np.asarray(photo.resize(size, Image.Resampling.BILINEAR), np.float32)
    mean, std = np.float32(config.model.pixel_mean), np.float32(config.model.pixel_std)
    images = torch.from_numpy((pixels / 255 - mean) / std).permute(2, 0, 1)[None]
    ratio = record.box.width / record.box.height
    with torch.inference_mode():
        expected = model(images, torch.tensor([math.log(ratio)]))[0].numpy()
    found = TorchMaps(model, config, PhotoStore())(record)
    assert found.dtype == np.float32
    assert found.shape == (size[1] // 4, size[0] // 4)
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_maps_of_a_checkpoint_are_its_networks(
    model: Mars, records: list[CropRecord], tmp_path: Path
) -> None:
    config = tiny_config()
    content = {"config": config.to_table(), "model": model.state_dict()}
    save_checkpoint(tmp_path / "best.pt", content)
    ours = checkpoint_maps(tmp_path / "best.pt")(records[0])
    np.testing.assert_array_equal(ours, TorchMaps(model, config, PhotoStore())(records[0]))


def test_maps_of_the_product_come_from_the_packaged_model(
    records: list[CropRecord], packaged_model: Path
) -> None:
    record = records[0]
    found = product_maps(None)(record)
    assert found.shape == (44, 64)  # 96 x 64 at 256 x 176, a quarter
    np.testing.assert_array_equal(found, product_maps(packaged_model)(record))
