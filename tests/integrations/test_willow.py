"""The operation inside real Willow."""

from __future__ import annotations

from pathlib import Path

import pytest

from marscrop import Cropper

pytest.importorskip("willow", reason="Willow is not installed: scripts/install-dev brings it")

from willow.image import Image

from marscrop.integrations.willow import register


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
