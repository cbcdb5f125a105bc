"""An epoch's batches: planned from (seed, epoch) alone, one shape each, every photo once."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.resize import resize_rgb
from marscrop_research.config import AugmentConfig
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.training.augmentation import View
from marscrop_research.training.batches import EpochBatches, PlannedBatch, plan_epoch

AUGMENT = AugmentConfig(flip=True, zoom=0.25, brightness=0.2, ratio_jitter=0.1)
EDGE, MULTIPLE = 256, 16


def made_up(count: int) -> list[CropRecord]:
    """Photos of all shapes from 1:4 to 4:1; there are no files."""
    rng = np.random.default_rng(0)
    found = []
    for index in range(count):
        ratio = 4 ** rng.uniform(-1, 1)
        size = Size(round(500 * min(1, ratio)), round(500 * min(1, 1 / ratio)))
        box = Window(0.3 * size.width, 0.2 * size.height, 0.7 * size.width, 0.9 * size.height)
        found.append(CropRecord(Path(f"{index}.jpg"), size, box, "train"))
    return found


def plan(records: list[CropRecord], **changes: Any) -> list[PlannedBatch]:
    settings = {
        "augment": AUGMENT,
        "batch_size": 8,
        "edge": EDGE,
        "multiple": MULTIPLE,
        "seed": 0,
        "epoch": 0,
        **changes,
    }
    return plan_epoch(records, **settings)


COUNTS = [1, 7, 8, 9, 150]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("batch_size", [1, 8])
def test_every_photo_is_shown_once(count: int, batch_size: int) -> None:
    records = made_up(count)
    for epoch in range(3):
        batches = plan(records, epoch=epoch, batch_size=batch_size)
        shown = Counter(record.path for batch in batches for record, _ in batch.items)
        assert shown == Counter(record.path for record in records)


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_no_batch_is_empty_or_larger_than_asked(count: int, batch_size: int) -> None:
    for batch in plan(made_up(count), batch_size=batch_size):
        assert 1 <= len(batch.items) <= batch_size


def test_batches_are_filled_where_shapes_allow() -> None:
    """Left over are at most a batch of each shape, and those are joined with their neighbours."""
    batches = plan(made_up(150))
    # Ratios 1:4 to 4:1 in groups of at most 1.25, and never two groups short for one reason.
    most_short = math.ceil(math.log(16) / math.log(1.25)) + 1
    assert sum(len(batch.items) < 8 for batch in batches) <= most_short


def test_batch_has_the_longest_edge_and_multiples() -> None:
    for batch in plan(made_up(150)):
        assert max(batch.size) == EDGE
        assert batch.size.width % MULTIPLE == 0
        assert batch.size.height % MULTIPLE == 0


def test_no_view_is_stretched_by_more_than_a_quarter() -> None:
    for epoch in range(5):
        for batch in plan(made_up(60), epoch=epoch):
            for _, view in batch.items:
                own = fit_longest_edge(view.size, EDGE, MULTIPLE)
                stretch = batch.size.ratio / own.ratio
                assert 1 / 1.25 <= stretch <= 1.25


def test_view_in_a_full_group_is_not_stretched() -> None:
    """Sixteen photos of one shape make two batches of just that shape."""
    box = Window(10.0, 10.0, 90.0, 90.0)
    records = [CropRecord(Path(f"{n}.jpg"), Size(400, 300), box, "train") for n in range(16)]
    batches = plan(records, augment=AugmentConfig())
    assert [(batch.size, len(batch.items)) for batch in batches] == [(Size(256, 192), 8)] * 2


def test_same_seed_and_epoch_plan_the_same() -> None:
    records = made_up(40)
    assert plan(records, seed=3, epoch=5) == plan(records, seed=3, epoch=5)


def test_plan_does_not_hang_on_global_random_state() -> None:
    records = made_up(40)
    np.random.seed(1)
    torch.manual_seed(1)
    first = plan(records)
    np.random.seed(2)
    torch.manual_seed(2)
    assert plan(records) == first


@pytest.mark.parametrize("other", [{"seed": 1}, {"epoch": 1}])
def test_other_seed_or_epoch_shows_other_views_in_other_order(other: dict[str, int]) -> None:
    records = made_up(40)
    ours, others = plan(records), plan(records, **other)
    assert views(ours) != views(others)
    assert [b.size for b in ours] != [b.size for b in others]


def test_photos_meet_others_in_every_epoch() -> None:
    """Of one shape, unaugmented: who shares a batch is decided by shuffling alone."""
    box = Window(10.0, 10.0, 90.0, 90.0)
    records = [CropRecord(Path(f"{n}.jpg"), Size(400, 300), box, "train") for n in range(32)]
    as_listed = {frozenset(r.path for r in records[k : k + 8]) for k in range(0, 32, 8)}
    together = [as_listed]
    for epoch in range(3):
        batches = plan(records, augment=AugmentConfig(flip=False), epoch=epoch)
        together.append({frozenset(r.path for r, _ in batch.items) for batch in batches})
    assert len({frozenset(groups) for groups in together}) == 4


def views(batches: list[PlannedBatch]) -> dict[Path, View]:
    return {record.path: view for batch in batches for record, view in batch.items}


def test_batches_of_a_shape_do_not_all_come_together() -> None:
    sizes = [batch.size.ratio for batch in plan(made_up(150))]
    assert sizes != sorted(sizes)
    assert sizes != sorted(sizes, reverse=True)


@pytest.fixture
def batches(records: list[CropRecord]) -> tuple[list[PlannedBatch], EpochBatches]:
    """Of the nine small photos, three a batch."""
    planned = plan(records, batch_size=3, edge=64)
    return planned, EpochBatches(planned, PhotoStore())


Batches = tuple[list[PlannedBatch], EpochBatches]


def test_there_are_as_many_batches_as_planned(batches: Batches) -> None:
    planned, made = batches
    assert len(made) == len(planned) > 1


def test_batch_has_the_documented_shapes_and_types(batches: Batches) -> None:
    planned, made = batches
    for index, plan_ in enumerate(planned):
        batch, count = made[index], len(plan_.items)
        assert batch.images.shape == (count, 3, plan_.size.height, plan_.size.width)
        assert batch.images.dtype == torch.uint8
        assert (batch.log_ratio.shape, batch.log_ratio.dtype) == ((count,), torch.float32)
        assert (batch.boxes.shape, batch.boxes.dtype) == ((count, 4), torch.float32)


def test_batch_holds_the_views_in_the_plans_order(batches: Batches) -> None:
    planned, made = batches
    for index, plan_ in enumerate(planned):
        images = made[index].images
        for image, (record, view) in zip(images, plan_.items, strict=True):
            with Image.open(record.path) as photo:
                expected = view.pixels(photo.convert("RGB"), plan_.size)
            np.testing.assert_array_equal(image.permute(1, 2, 0).numpy(), expected)


def test_batch_tells_each_human_crops_ratio_and_box(batches: Batches) -> None:
    planned, made = batches
    for index, plan_ in enumerate(planned):
        batch = made[index]
        for k, (record, view) in enumerate(plan_.items):
            asked = math.log(record.box.width / record.box.height) + view.log_ratio_shift
            assert float(batch.log_ratio[k]) == pytest.approx(asked, abs=1e-6)
            assert batch.boxes[k].tolist() == pytest.approx(list(view.box(record.box)), abs=1e-6)


def test_stretch_for_a_batch_does_not_change_the_asked_ratio(records: list[CropRecord]) -> None:
    record = records[0]
    planned = PlannedBatch(Size(64, 16), ((record, View.whole(record.size)),))
    batch = EpochBatches([planned], PhotoStore())[0]
    assert batch.images.shape == (1, 3, 16, 64)
    assert float(batch.log_ratio[0]) == pytest.approx(math.log(record.ratio.value), abs=1e-6)


def test_photo_is_decoded_once_while_there_is_room(records: list[CropRecord]) -> None:
    store = PhotoStore()
    assert store.rgb(records[0].path) is store.rgb(records[0].path)


def test_photo_is_decoded_again_where_there_is_no_room(records: list[CropRecord]) -> None:
    first, second = records[0], records[1]
    store = PhotoStore(cache_bytes=3 * first.size.width * first.size.height)
    assert store.rgb(first.path) is store.rgb(first.path)
    assert store.rgb(second.path) is not store.rgb(second.path)


def test_photo_is_upright_rgb_at_full_size(tmp_path: Path) -> None:
    """Stored on its side, in grey: red and blue could not tell."""
    upright = np.zeros((40, 24), np.uint8)
    upright[:10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise by 90 degrees to show
    path = tmp_path / "photo.png"
    Image.fromarray(np.rot90(upright)).save(path, exif=exif)
    photo = PhotoStore().rgb(path)
    assert (photo.mode, photo.size) == ("RGB", (24, 40))
    np.testing.assert_array_equal(resize_rgb(photo, Size(24, 40))[..., 0], upright)
