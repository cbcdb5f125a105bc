"""Views of photos, and what the shipped network sees in them."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from PIL import Image
from research.tests.unit.subjects.conftest import SIZES

from marscrop.geometry import Size, Window, fit_longest_edge
from marscrop.imaging.resize import resize_rgb
from marscrop.runtime.onnx_network import OnnxNetwork, load_network
from marscrop_research.subjects.network import INPUTS
from marscrop_research.subjects.packaging import with_maps
from marscrop_research.subjects.sources import SourcePhoto
from marscrop_research.subjects.views import (
    PARTS_A_PHOTO,
    View,
    ViewSet,
    compute_views,
    read_views,
)

EDGE = 192
WHOLE = (0.0, 0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def features(packaged_model: Path) -> Path:
    return packaged_model / "features.onnx"


@pytest.fixture(scope="module")
def network(features: Path) -> OnnxNetwork:
    return load_network(with_maps(onnx.load(features)).SerializeToString(), features, 1)


def computed(photos: list[SourcePhoto], features: Path, folder: Path, seed: int = 0) -> ViewSet:
    compute_views(photos, features, EDGE, folder, seed, lambda done: None)
    return read_views(folder)


@pytest.fixture(scope="module")
def views(
    photos: list[SourcePhoto], features: Path, tmp_path_factory: pytest.TempPathFactory
) -> ViewSet:
    return computed(photos, features, tmp_path_factory.mktemp("views") / "new")


def all_views(views: ViewSet) -> list[View]:
    return [view for group in views.groups for view in group.views]


def shown(photo: SourcePhoto, view: View, size: Size) -> NDArray[np.uint8]:
    """The pixels of a view, made anew."""
    with Image.open(photo.path) as opened:
        image = opened.convert("RGB")
    rgb = resize_rgb(image, size, Window(*view.region).scaled(*image.size))
    return np.ascontiguousarray(rgb[:, ::-1]) if view.mirrored else rgb


def test_held_out_photos_are_only_seen_whole(photos: list[SourcePhoto], views: ViewSet) -> None:
    by_photo = defaultdict(list)
    for view in all_views(views):
        by_photo[view.photo].append((tuple(view.region), view.mirrored))
    assert len(by_photo) == len(photos)
    for index, photo in enumerate(photos):
        seen = by_photo[index]
        assert (WHOLE, False) in seen
        assert len(seen) == (1 if photo.held_out else 2 + PARTS_A_PHOTO)
        assert ((WHOLE, True) in seen) is not photo.held_out


def test_maps_are_what_the_network_sees(
    photos: list[SourcePhoto], views: ViewSet, network: OnnxNetwork
) -> None:
    """Whole, mirrored and in parts: features to 16 bits, the others exactly."""
    kinds = set()
    for group in views.groups:
        rows, columns = group.features.shape[2:]
        for row, view in enumerate(group.views):
            kind = (view.region == WHOLE, view.mirrored)
            if kind in kinds:
                continue
            kinds.add(kind)
            rgb = shown(photos[view.photo], view, Size(16 * columns, 16 * rows))
            found = network.run(INPUTS, {"pixels": rgb[None]})
            np.testing.assert_allclose(group.features[row], found[0][0], rtol=1e-3, atol=1e-3)
            for kept, step, wanted in zip(
                (group.details, group.edges), views.steps, found[1:], strict=True
            ):
                np.testing.assert_allclose(kept[row] * step, wanted[0], rtol=1e-5, atol=1e-6)
                assert kept.dtype == np.int8
                assert np.abs(kept[row]).max() > 10
    assert len(kinds) >= 3


def test_steps_are_those_of_the_networks_bytes(views: ViewSet, features: Path) -> None:
    stored = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(features).graph.initializer}
    wanted = [float(stored[f"features.{number}.add.step"]) for number in (6, 3)]
    assert views.steps == pytest.approx(wanted)


def test_groups_have_one_shape(photos: list[SourcePhoto], views: ViewSet) -> None:
    for group in views.groups:
        rows, columns = group.features.shape[2:]
        count = len(group.views)
        assert group.features.shape[0] == group.details.shape[0] == group.edges.shape[0] == count
        assert group.details.shape[2:] == (2 * rows, 2 * columns)
        assert group.edges.shape[2:] == (4 * rows, 4 * columns)
        for view in group.views:
            size = SIZES[int(photos[view.photo].path.stem) % len(SIZES)]
            part = Window(*view.region)
            if view.region == WHOLE:
                assert fit_longest_edge(size, EDGE, 16) == (16 * columns, 16 * rows)
                continue
            assert min(part) >= 0
            assert max(part) <= 1 + 1e-9
            # Nothing is stretched.
            ratio = part.width * size.width / (part.height * size.height)
            assert ratio == pytest.approx(columns / rows)


def test_the_seed_chooses_the_parts(
    photos: list[SourcePhoto], views: ViewSet, features: Path, tmp_path: Path
) -> None:
    same = computed(photos[:4], features, tmp_path / "same")
    other = computed(photos[:4], features, tmp_path / "other", seed=1)
    wanted = [view for view in all_views(views) if view.photo < 4]
    assert sorted(map(str, all_views(same))) == sorted(map(str, wanted))
    assert sorted(map(str, all_views(other))) != sorted(map(str, wanted))


def test_progress_is_told(photos: list[SourcePhoto], features: Path, tmp_path: Path) -> None:
    told: list[int] = []
    compute_views(photos[:1], features, EDGE, tmp_path, 0, told.append)
    assert told == [0]
    shapes = {path.name.split(".")[0] for path in tmp_path.glob("*.npy")}
    assert len(list(tmp_path.glob("*.npy"))) == 3 * len(shapes)
    assert all(a < b for a, b in pairwise(sorted(shapes)))
