"""The exported network answers as the torch network does, for every size and ratio."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from research.tests.parity.conftest import Exported

from marscrop.cropper import Cropper
from marscrop.geometry import Size, Window
from marscrop.imaging.photo import open_photo
from marscrop.ratio import AspectRatio
from marscrop_research.data.photo_store import PhotoStore
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.torch_maps import TorchMaps

RATIOS = [0.25, 0.5, 9 / 16, 1.0, 1.05, 1.7, 16 / 9, 4.0]
SIZES = [(64, 64), (64, 48), (48, 64), (64, 16), (16, 64), (256, 192), (16, 16)]
"""Square, landscape, portrait, panoramas either way, larger than in training, least of all."""


def picture(width: int, height: int) -> NDArray[np.uint8]:
    """Coarse blobs of colour: something to be seen at every stride."""
    rng = np.random.default_rng(width * 1000 + height)
    coarse = rng.integers(0, 256, (max(2, height // 8), max(2, width // 8), 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_onnx_logits_are_torchs(exported: Exported, size: tuple[int, int]) -> None:
    rgb = picture(*size)
    expected = exported.torch_logits(rgb, RATIOS)
    assert expected.shape == (len(RATIOS), size[1] // 2, size[0] // 2)
    assert expected.std() > 0.1  # so that the tolerance means something
    np.testing.assert_allclose(exported.onnx_logits(rgb, RATIOS), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", SIZES[:4], ids=str)
def test_one_ratio_by_itself_has_the_same_logits(exported: Exported, size: tuple[int, int]) -> None:
    rgb = picture(*size)
    together = exported.onnx_logits(rgb, RATIOS)
    for ratio, expected in zip(RATIOS, together, strict=True):
        alone = exported.onnx_logits(rgb, [ratio])
        np.testing.assert_allclose(alone[0], expected, atol=1e-5)


def test_order_of_the_ratios_is_kept(exported: Exported) -> None:
    rgb = picture(64, 48)
    forward, backward = exported.onnx_logits(rgb, RATIOS), exported.onnx_logits(rgb, RATIOS[::-1])
    np.testing.assert_allclose(backward[::-1], forward, atol=1e-5)


def test_ratios_have_different_logits(exported: Exported) -> None:
    maps = exported.onnx_logits(picture(64, 48), RATIOS)
    apart = [np.abs(a - b).max() for a, b in pairwise(maps)]
    assert min(apart) > 1e-3


@pytest.mark.parametrize(("ratio", "end"), [(0.1, 0.25), (0.01, 0.25), (4.1, 4.0), (50.0, 4.0)])
def test_ratio_beyond_the_range_is_answered_as_the_end(
    exported: Exported, ratio: float, end: float
) -> None:
    rgb = picture(64, 48)
    beyond = exported.onnx_logits(rgb, [ratio])
    np.testing.assert_array_equal(beyond, exported.onnx_logits(rgb, [end]))
    np.testing.assert_allclose(beyond, exported.torch_logits(rgb, [ratio]), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_weights_of_16_bits_move_logits_a_little(packaged: Exported, size: tuple[int, int]) -> None:
    rgb = picture(*size)
    expected = packaged.torch_logits(rgb, RATIOS)
    off = np.abs(packaged.onnx_logits(rgb, RATIOS) - expected)
    assert 1e-6 < off.max() < 0.02 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("width", "height"), [(200, 150), (150, 200), (90, 90), (900, 40), (40, 900), (64, 48)]
)
def test_whole_way_from_a_file_gives_torchs_map(
    exported: Exported, tmp_path: Path, width: int, height: int
) -> None:
    """Decoding, resizing, normalising: the product's and the kit's are one."""
    path = tmp_path / "photo.png"
    Image.fromarray(picture(width, height)).save(path)
    box = Window(0.0, 0.0, 0.75 * min(width, height), 0.5 * min(width, height))
    record = CropRecord(path, Size(width, height), box, "test")
    expected = TorchMaps(exported.model, exported.config, PhotoStore())(record)
    cropper = Cropper(exported.folder, threads=1)
    found = cropper.maps(cropper.features(open_photo(path)), [AspectRatio(3, 2)])[0]
    np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-4)
