"""What holds for any faces in any photo: what is asked for them can be had."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st
from tests.tried import tried

from marscrop.faces.detector import Face
from marscrop.faces.protection import Protection, protect
from marscrop.geometry import Box, Size, Window, largest_window
from marscrop.ratio import AspectRatio

images = st.builds(Size, st.integers(8, 32), st.integers(8, 32))
ratios = st.sampled_from([AspectRatio(*r) for r in ((1, 1), (16, 9), (9, 16), (3, 1), (4, 5))])


def window(x: float, y: float, width: float, height: float) -> Window:
    return Window(x, y, x + width, y + height)


edges, sides = st.floats(-4, 32), st.floats(0.5, 24)
faces = st.lists(
    st.builds(Face, st.builds(window, edges, edges, sides, sides), st.floats(0.5, 1)), max_size=8
)


def crop_exists(asked: Protection, image: Size, ratio: AspectRatio) -> bool:
    """Whether a crop meets all that is asked; by trying every size and place."""
    largest = largest_window(image, ratio)
    for longer in range(max(largest), 0, -1):
        wide = ratio.value >= 1
        width = longer if wide else max(1, int(longer * ratio.value + 0.5))
        height = max(1, int(longer / ratio.value + 0.5)) if wide else longer
        if width > image.width or height > image.height:
            continue
        for x, y in itertools.product(
            range(image.width - width + 1), range(image.height - height + 1)
        ):
            if meets(Box(x, y, x + width, y + height), asked):
                return True
    return False


def meets(box: Box, asked: Protection) -> bool:
    return all(
        box.x0 <= k.x0 and box.y0 <= k.y0 and box.x1 >= k.x1 and box.y1 >= k.y1 for k in asked.keep
    ) and not any(
        box.x0 < a.x1 and a.x0 < box.x1 and box.y0 < a.y1 and a.y0 < box.y1 for a in asked.avoid
    )


@tried(100)
@given(faces, images, ratios)
def test_what_is_asked_can_be_had(found: list[Face], image: Size, ratio: AspectRatio) -> None:
    assert crop_exists(protect(found, image, ratio), image, ratio)


@tried(100)
@given(faces, images, ratios)
def test_boxes_lie_inside_and_the_most_important_face_is_kept(
    found: list[Face], image: Size, ratio: AspectRatio
) -> None:
    asked = protect(found, image, ratio)
    for box in (*asked.keep, *asked.avoid):
        assert 0 <= box.x0 < box.x1 <= image.width
        assert 0 <= box.y0 < box.y1 <= image.height
    visible = [
        f
        for f in found
        if min(f.window.x1, image.width) - max(f.window.x0, 0.0) >= 1
        and min(f.window.y1, image.height) - max(f.window.y0, 0.0) >= 1
    ]
    assert bool(asked.keep) == bool(visible)
