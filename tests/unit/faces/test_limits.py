"""From the limits that save all faces to those that were asked for."""

from __future__ import annotations

from marscrop.faces.detector import Face
from marscrop.faces.limits import limits_with_faces
from marscrop.faces.protect import protect
from marscrop.geometry import Box, Size, Window
from marscrop.ratio import AspectRatio
from marscrop.window.constraints import Limits

IMAGE = Size(400, 200)
SQUARE = AspectRatio(1, 1)
LEFT, MIDDLE, RIGHT = (Face(Window(x, 80, x + 30, 120), 0.9) for x in (10, 180, 360))


def test_no_faces_nothing_but_what_was_asked() -> None:
    asked = Limits(IMAGE, keep=(Box(0, 0, 9, 9),))
    assert list(limits_with_faces(asked, [], SQUARE)) == [asked]


def test_strictest_comes_first_and_what_was_asked_last() -> None:
    asked = Limits(IMAGE, keep=(Box(190, 0, 199, 9),), avoid=(Box(0, 190, 9, 199),))
    faces = [MIDDLE, LEFT, RIGHT]
    first, *others, last = limits_with_faces(asked, faces, SQUARE)
    saved = protect(faces, IMAGE, SQUARE)
    assert saved.keep
    assert saved.avoid
    assert first.keep == (*asked.keep, *saved.keep)
    assert first.avoid == (*asked.avoid, *saved.avoid)
    assert all(limits.avoid == asked.avoid for limits in others)
    assert last == asked


def test_least_important_faces_are_given_up_first() -> None:
    faces = [Face(Window(180 + 5 * n, 80, 190 + 5 * n + n, 100), 0.9) for n in range(5)]
    saved = protect(faces, IMAGE, SQUARE).keep
    kept = [limits.keep for limits in limits_with_faces(Limits(IMAGE), faces, SQUARE)]
    assert kept == [saved, saved[:2], saved[:1], ()]
