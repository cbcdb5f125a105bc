"""The operation inside real Willow."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.conftest import ROOT

from marscrop import Cropper, RatioError
from marscrop.faces import centerface

pytest.importorskip("willow", reason="Willow is not installed: scripts/install-dev brings it")

from willow.image import Image
from willow.svg import SvgImage

from marscrop.errors import MissingExtraError
from marscrop.integrations.willow import register

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20">'
    b'<rect width="9" height="9"/></svg>'
)


def opened(path: Path) -> Any:
    return Image.open(io.BytesIO(path.read_bytes()))


@pytest.mark.parametrize("ratio", ["1:1", "16:9"])
def test_any_file_that_willow_opens_can_be_cropped(
    ratio: str, cropper: Cropper, examples: Path, tmp_path: Path
) -> None:
    register()
    with (examples / "rocket.jpg").open("rb") as file:
        found = Image.open(file).best_crop(ratio, min_size=0.5)
        target = tmp_path / "crop.png"
        with target.open("wb") as out:
            found.save_as_png(out)
    expected = cropper.crop(examples / "rocket.jpg", ratio, min_size=0.5)[0].box.size
    assert found.get_size() == expected
    assert target.stat().st_size > 1000


def test_svg_passes_through_untouched() -> None:
    register()
    drawing = Image.open(io.BytesIO(SVG))
    before, after = io.BytesIO(), io.BytesIO()
    drawing.save_as_svg(before)
    found = drawing.best_crop("1:1", focal_point=(0, 0, 1, 1), min_size=0.5)
    assert isinstance(found, SvgImage)
    assert found.get_size() == (30, 20)
    found.save_as_svg(after)
    assert after.getvalue() == before.getvalue()
    with pytest.raises(RatioError):
        drawing.best_crop("0:1")


@pytest.mark.parametrize("focal", [(0, 0, 40, 40), (600, 380, 640, 427), (0, 200, 1, 201)])
def test_a_focal_point_is_in_the_crop(
    focal: tuple[int, int, int, int], cropper: Cropper, examples: Path
) -> None:
    register()
    picture = opened(examples / "rocket.jpg")
    found = picture.best_crop("1:1", focal_point=focal).get_pillow_image()
    box = cropper.crop(examples / "rocket.jpg", "1:1", keep=focal)[0].box
    assert found.size == box.size
    assert box[0] <= focal[0]
    assert box[2] >= focal[2]


@pytest.mark.parametrize("focal", [(0, 0, 640, 300), (-50, -50, -10, -10), (700, 10, 800, 90)])
def test_a_focal_point_that_no_crop_can_hold_is_no_error(
    focal: tuple[int, int, int, int], examples: Path
) -> None:
    register()
    picture = opened(examples / "rocket.jpg")
    width, height = picture.best_crop("9:16", focal_point=focal).get_size()
    assert abs(width - height * 9 / 16) <= 0.5


class Photo(SimpleNamespace):
    """What a Wagtail image says of its focal point."""

    def has_focal_point(self) -> bool:
        return self.focal_point_x is not None


def test_the_editors_focal_point_wins_in_the_wagtail_example(
    cropper: Cropper, examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register()
    text = (ROOT / "docs" / "integrations.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n# wagtail_hooks\.py\n(.*?)```", text, re.DOTALL)
    for name in ("wagtail", "wagtail.images", "wagtail.images.image_operations"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    wagtail: Any = sys.modules["wagtail"]
    operations: Any = sys.modules["wagtail.images.image_operations"]
    wagtail.hooks = SimpleNamespace(register=lambda name: lambda function: function)
    operations.FilterOperation = object
    names: dict[str, Any] = {}
    exec(example, names)  # noqa: S102 - our own document
    ((_, operation),) = names["register_image_operations"]()
    filtered = operation()
    filtered.construct("1x1")
    willow = opened(examples / "rocket.jpg")
    nowhere = Photo(focal_point_x=None)
    edge = Photo(focal_point_x=620, focal_point_y=100, focal_point_width=40, focal_point_height=60)
    found = [filtered.run(willow, image, {}).get_pillow_image() for image in (nowhere, edge)]
    photo = opened(examples / "rocket.jpg").get_pillow_image()
    free = cropper.crop(examples / "rocket.jpg", "1:1")[0].box
    held = cropper.crop(examples / "rocket.jpg", "1:1", keep=(600, 70, 640, 130))[0].box
    assert free != held
    assert [one.tobytes() for one in found] == [photo.crop(box).tobytes() for box in (free, held)]


def test_without_the_face_detector_only_faces_to_keep_are_refused(
    examples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(centerface, "find_spec", lambda name: None)
    monkeypatch.setattr("marscrop.integrations.willow.shared_cropper", Cropper)
    register()
    picture = opened(examples / "rocket.jpg")
    picture.best_crop("1:1")
    with pytest.raises(MissingExtraError, match="faces"):
        picture.best_crop("1:1", faces="keep")
