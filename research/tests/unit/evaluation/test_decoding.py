"""From a network's map to boxes, for evaluation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from research.tests.support import settled_network, tiny_config
from tests.made_subjects import made_subjects
from tests.subject_model import write_model_without_subjects, write_subject_model

from marscrop.cropper import Cropper
from marscrop.errors import ModelError
from marscrop.geometry import Size, Window, fit_longest_edge, snap
from marscrop.runtime.manifest import Manifest
from marscrop.subjects.subject_map import SubjectMap
from marscrop.window.candidates import best_crop
from marscrop.window.constraints import Limits
from marscrop.window.placement import Prior, place_window
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.decoders.paper import paper_window
from marscrop_research.decoders.search import search_window
from marscrop_research.evaluation.decoding import (
    DECODERS,
    PAPER,
    PLACEMENT,
    SEARCH,
    MapSource,
    decode_all,
    product_network,
)
from marscrop_research.evaluation.torch_maps import TorchMaps, checkpoint_network
from marscrop_research.network.checkpoint import save_checkpoint
from marscrop_research.network.mars import Mars

RECORD = CropRecord(Path("photo.jpg"), Size(160, 120), Window(0.0, 0.0, 60.0, 60.0), "test")


def rectangle(_: CropRecord) -> NDArray[np.float32]:
    """Columns 2..4 and rows 1..3 of an 8 x 6 map: pixels (40, 20) to (100, 80)."""
    logits = np.full((6, 8), -4.0, np.float32)
    logits[1:4, 2:5] = 4
    return logits


@pytest.mark.parametrize("method", DECODERS)
def test_every_decoder_finds_a_rectangle_of_the_asked_ratio(method: str) -> None:
    """Placement is told its scale, and has no place between those that it tries."""
    found = decode_all(MapSource(rectangle, Prior((0.5, 0.5), sharpness=1e4)))(RECORD)[method]
    assert np.abs(np.subtract(found, (40, 20, 100, 80))).max() <= (2 if method == PLACEMENT else 0)


def test_decoders_are_told_apart_by_name() -> None:
    """On a map where they disagree: section 3.4 looks at counts, the search at sums."""
    logits = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    prior = Prior((0.9, 0.8), sharpness=60)
    boxes = decode_all(MapSource(lambda _: logits, prior))(RECORD)
    size, ratio = RECORD.size, RECORD.ratio
    assert boxes[PAPER] == snap(paper_window(logits, size, ratio), size, ratio)
    assert boxes[SEARCH] == snap(search_window(logits, size, ratio).window, size, ratio)
    placed = place_window(logits, size, ratio, prior)
    assert boxes[PLACEMENT] == snap(placed, size, ratio)
    assert len(set(boxes.values())) == 3


def test_best_crop_is_placed_by_the_map_and_what_is_seen_of_subjects() -> None:
    prior, limits = Prior((0.5, 0.5), sharpness=5.0), Limits(RECORD.size)
    gaze = np.zeros((6, 8), np.float32)
    gaze[4, 6] = 1  # to the right of the map's rectangle and below it
    seen = made_subjects(gaze)
    asked: list[CropRecord] = []

    def subjects(record: CropRecord) -> SubjectMap:
        asked.append(record)
        return seen

    blind, seeing = MapSource(rectangle, prior), MapSource(rectangle, prior, subjects)
    expected = best_crop(rectangle(RECORD), limits, RECORD.ratio, prior, seen)
    assert seeing.best_crop(RECORD) == decode_all(seeing)(RECORD)[PLACEMENT] == expected
    assert asked == [RECORD] * 2
    without = best_crop(rectangle(RECORD), limits, RECORD.ratio, prior)
    assert blind.best_crop(RECORD) == without
    assert seeing.best_crop(RECORD).x0 > blind.best_crop(RECORD).x0


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
    mean, std = np.array([config.model.pixel_mean, config.model.pixel_std], np.float32)
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
    prior = {"scales": [0.7, 0.9], "sharpness": 30.0}
    save_checkpoint(tmp_path / "best.pt", {**content, "prior": prior})
    network = checkpoint_network(tmp_path / "best.pt")
    assert network.prior == Prior((0.7, 0.9), 30.0)
    ours = network.maps(records[0])
    np.testing.assert_array_equal(ours, TorchMaps(model, config, PhotoStore())(records[0]))


def test_checkpoint_from_before_there_was_a_prior_is_refused(model: Mars, tmp_path: Path) -> None:
    content = {"config": tiny_config().to_table(), "model": model.state_dict()}
    save_checkpoint(tmp_path / "old.pt", content)
    with pytest.raises(ModelError, match=r"old\.pt: made by an earlier version, without a prior"):
        checkpoint_network(tmp_path / "old.pt")


@pytest.mark.parametrize("frozen", [0, 4])
def test_map_is_the_same_the_second_time(
    model: Mars, records: list[CropRecord], frozen: int
) -> None:
    config = tiny_config(train={"frozen_stride": frozen})
    maps = TorchMaps(model, config, PhotoStore())
    np.testing.assert_array_equal(maps(records[0]), maps(records[0]))


def test_maps_of_the_product_come_from_the_packaged_model(
    records: list[CropRecord], packaged_model: Path
) -> None:
    record = records[0]
    found = product_network(None).maps(record)
    rule = Manifest.load(packaged_model).input
    width, height = fit_longest_edge(record.size, rule.longest_edge_px, rule.multiple_px)
    assert found.shape in ((height // 4, width // 4), (height // 8, width // 8))
    np.testing.assert_array_equal(found, product_network(packaged_model).maps(record))


def test_product_gives_subjects_where_the_model_has_them(
    records: list[CropRecord], packaged_model: Path, tmp_path: Path
) -> None:
    sees = write_subject_model(packaged_model, tmp_path / "sees")
    network, cropper = product_network(sees), Cropper(sees)
    assert network.subjects is not None
    for record in records[:2]:
        expected = cropper.subject_map(cropper.open(record.path))
        found = network.subjects(record)
        np.testing.assert_array_equal(found.gaze, expected.gaze)
        assert (found.heads, found.subjects) == (expected.heads, expected.subjects)
        assert found.subjects
        (crop,) = cropper.crop(record.path, record.ratio)
        assert network.best_crop(record) == crop.box
    blind = product_network(write_model_without_subjects(packaged_model, tmp_path / "blind"))
    assert blind.subjects is None
    # Two engines: ONNX Runtime runs the model that sees.
    np.testing.assert_allclose(blind.maps(records[0]), network.maps(records[0]), atol=1e-5)
