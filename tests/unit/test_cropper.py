from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from marscrop import AspectRatio, ImageError, RatioError
from marscrop.cropper import Cropper
from marscrop.ratio import parse_ratios

RATIOS = ["16:9", "1:1", "4:5", "9:16", "3:1"]


@pytest.fixture(scope="module")
def rocket(examples: Path) -> Path:
    return examples / "rocket.jpg"


def misses_by_px(box: tuple[int, int, int, int], ratio: float) -> float:
    width, height = box[2] - box[0], box[3] - box[1]
    return min(abs(width - height * ratio), abs(height - width / ratio))


@pytest.mark.parametrize("ratio", [*RATIOS, "10:1", "1:10", "2.39:1"])
def test_box_lies_inside_and_has_the_ratio(cropper: Cropper, rocket: Path, ratio: str) -> None:
    (crop,) = cropper.crop(rocket, ratio)
    x0, y0, x1, y1 = crop.box
    assert 0 <= x0 < x1 <= 640
    assert 0 <= y0 < y1 <= 427
    assert misses_by_px(crop.box, AspectRatio.parse(ratio).value) <= 0.5


def test_answers_come_in_the_order_asked(cropper: Cropper, rocket: Path) -> None:
    assert [str(c.ratio) for c in cropper.crop(rocket, RATIOS)] == RATIOS


def test_several_ratios_give_the_boxes_of_one_by_one(cropper: Cropper, rocket: Path) -> None:
    together = cropper.crop(rocket, RATIOS)
    assert together == [cropper.crop(rocket, ratio)[0] for ratio in RATIOS]


def test_confidence_is_a_probability(cropper: Cropper, rocket: Path) -> None:
    assert all(0 <= c.confidence <= 1 for c in cropper.crop(rocket, RATIOS))


def test_every_kind_of_source_gives_the_same_box(cropper: Cropper, rocket: Path) -> None:
    expected = cropper.crop(rocket, RATIOS)
    assert cropper.crop(str(rocket), RATIOS) == expected
    assert cropper.crop(rocket.read_bytes(), RATIOS) == expected
    with rocket.open("rb") as file:
        assert cropper.crop(file, RATIOS) == expected
    with Image.open(rocket) as image:
        assert cropper.crop(image, RATIOS) == expected


def test_an_array_has_the_crops_of_its_pixels(cropper: Cropper, rocket: Path) -> None:
    with Image.open(rocket) as image:
        pixels = image.convert("RGB")
    pixels.info = {}  # an array has no colour profile
    assert cropper.crop(np.asarray(pixels), RATIOS) == cropper.crop(pixels, RATIOS)


def test_same_input_gives_the_same_box_again(cropper: Cropper, rocket: Path) -> None:
    assert cropper.crop(rocket, RATIOS) == cropper.crop(rocket, RATIOS)


def test_one_cropper_serves_several_threads(cropper: Cropper, examples: Path) -> None:
    photos = sorted(examples.glob("*.jpg")) * 3
    expected = [cropper.crop(photo, RATIOS) for photo in photos]
    fresh = Cropper()
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda photo: fresh.crop(photo, RATIOS), photos)) == expected


def test_the_rocket_is_kept(cropper: Cropper, rocket: Path) -> None:
    # It stands at x 305..330, y 145..410: a crop that cuts it is useless, wherever it is.
    for crop in cropper.crop(rocket, ["1:1", "4:5", "9:16", "3:2"]):
        x0, y0, x1, y1 = crop.box
        assert x0 <= 305
        assert x1 >= 330
        assert y0 <= 145
        assert y1 >= 400


def test_subject_at_the_side_is_found(cropper: Cropper) -> None:
    # A centre crop of this would hold no part of the disc.
    x, y = np.meshgrid(np.arange(900), np.arange(300))
    disc = (x - 150) ** 2 + (y - 150) ** 2 < 80**2
    photo = np.full((300, 900, 3), (90, 120, 160), np.uint8)
    photo[disc] = (230, 60, 30)
    (left,) = cropper.crop(photo, "1:1")
    (right,) = cropper.crop(np.ascontiguousarray(photo[:, ::-1]), "1:1")
    assert left.box[0] < 150 < left.box[2]
    assert right.box[0] < 750 < right.box[2]


def test_larger_version_of_a_photo_gives_the_same_crop(cropper: Cropper, rocket: Path) -> None:
    with Image.open(rocket) as image:
        large = image.resize((2560, 1708), Image.Resampling.BICUBIC)
    for small, big in zip(cropper.crop(rocket, RATIOS), cropper.crop(large, RATIOS), strict=True):
        assert np.array(big.box) / 4 == pytest.approx(np.array(small.box), abs=12)


def test_maps_cover_the_photo_for_each_ratio(cropper: Cropper, rocket: Path) -> None:
    from marscrop.imaging.photo import open_photo

    ratios = [AspectRatio(1, 1), AspectRatio(2, 1)]
    found = cropper.maps(cropper.features(open_photo(rocket)), ratios)
    width, height = cropper.input_size(open_photo(rocket))
    assert width == cropper.manifest.input.longest_edge_px
    assert found.shape in ((2, height // 4, width // 4), (2, height // 8, width // 8))


def test_a_photo_that_was_seen_needs_no_pixels_for_further_ratios(
    cropper: Cropper, rocket: Path, tmp_path: Path
) -> None:
    from marscrop.imaging.photo import open_photo

    copy = tmp_path / "copy.jpg"
    copy.write_bytes(rocket.read_bytes())
    seen = cropper.analyse(open_photo(copy))
    copy.unlink()
    assert cropper.crop_analysed(seen, parse_ratios(RATIOS)) == cropper.crop(rocket, RATIOS)


def test_bad_ratio_is_refused_before_the_image_is_read(cropper: Cropper) -> None:
    with pytest.raises(RatioError, match="got '16:0'"):
        cropper.crop("no such file", "16:0")


def test_missing_file_is_one_clear_error(cropper: Cropper) -> None:
    with pytest.raises(ImageError, match=r"^nowhere\.jpg: no such file$"):
        cropper.crop("nowhere.jpg", "1:1")


def test_image_beyond_the_limit_is_refused(rocket: Path) -> None:
    with pytest.raises(ImageError, match="limit of 1,000"):
        Cropper(max_pixels=1000).crop(rocket, "1:1")


def test_no_ratio_no_crop(cropper: Cropper, rocket: Path) -> None:
    assert cropper.crop(rocket, []) == []


@pytest.mark.parametrize(
    ("ratios", "labels"),
    [
        ("16:9", ["16:9"]),
        (1.5, ["1.5"]),
        ((16, 9), ["16:9"]),
        ([1, 1.5], ["1", "1.5"]),
        (["1:1", (4, 5)], ["1:1", "4:5"]),
        (AspectRatio(3, 2), ["3:2"]),
        ((r for r in ("1:1", "2:1", "3:1")), ["1:1", "2:1", "3:1"]),
    ],
)
def test_one_ratio_or_several(ratios: object, labels: list[str]) -> None:
    assert [str(r) for r in parse_ratios(ratios)] == labels  # type: ignore[arg-type]
