"""The boxes that faces ask for, and the limits from the strictest to those without faces."""

from __future__ import annotations

from marscrop import AspectRatio, Box, Size
from marscrop.faces.detector import Face
from marscrop.faces.protection import Protection, limits_with_faces, protect
from marscrop.geometry import Window
from marscrop.window.constraints import Limits

PHOTO, SMALL_PHOTO = Size(1200, 800), Size(400, 200)
SQUARE = AspectRatio(1, 1)
LEFT, MIDDLE, RIGHT = (
    Face(Window(x, 80, x + 30, 120), 0.9) for x in (10, 180, 360)
)  # of the small


def face(x: float, y: float, side: float = 100, score: float = 0.9) -> Face:
    """A face of `side` px, its corner at x, y."""
    return Face(Window(x, y, x + side, y + side), score)


def head(x: int, y: int) -> Box:
    """What is kept of a face of 100 px: hair, chin and ears with it."""
    return Box(x - 10, y - 25, x + 110, y + 110)


def test_nobody_asks_for_nothing() -> None:
    assert protect([], PHOTO, SQUARE) == Protection((), ())


def test_a_face_is_kept_with_its_hair_chin_and_ears() -> None:
    assert protect([face(300, 200)], PHOTO, SQUARE) == Protection((head(300, 200),), ())


def test_what_is_kept_is_clipped_to_the_photo() -> None:
    # Of the face, 80 x 80 px show: ears of 8 px, and a chin of 8 px.
    assert protect([face(1120, -20)], PHOTO, SQUARE).keep == (Box(1112, 0, 1200, 88),)


def test_a_face_outside_the_photo_is_nobody() -> None:
    assert protect([face(1300, 0)], PHOTO, SQUARE) == Protection((), ())


def test_all_faces_that_fit_together_are_kept() -> None:
    faces = [face(100, 200), face(400, 300), face(700, 200)]
    asked = protect(faces, PHOTO, SQUARE)
    assert sorted(asked.keep) == [head(100, 200), head(400, 300), head(700, 200)]
    assert asked.avoid == ()


def test_of_faces_that_do_not_fit_together_the_larger_is_kept_and_the_other_left_out() -> None:
    small, large = face(50, 300), face(1000, 300, side=150)
    asked = protect([small, large], PHOTO, SQUARE)
    assert asked.keep == (Box(985, 262, 1165, 465),)
    assert asked.avoid == (Box(50, 300, 150, 400),)


def test_a_surer_face_counts_for_more_than_a_larger_one() -> None:
    sure, doubtful = face(50, 300, 100, 0.9), face(1050, 300, 105, 0.5)
    assert protect([doubtful, sure], PHOTO, SQUARE).keep == (head(50, 300),)


def test_a_third_face_is_kept_where_the_second_is_not() -> None:
    first, second, third = face(50, 300, 130), face(1050, 300, 120), face(300, 300, 90)
    asked = protect([third, second, first], PHOTO, SQUARE)
    assert len(asked.keep) == 2
    assert asked.avoid == (Box(1050, 300, 1170, 420),)


def test_faces_come_before_hair() -> None:
    # 795 px from ear to ear: both faces fit into 800, what else belongs to heads does not.
    asked = protect([face(100, 300), face(795, 300)], PHOTO, SQUARE)
    assert asked.keep == (Box(100, 300, 200, 400), Box(795, 300, 895, 400))


def test_of_a_face_larger_than_any_window_the_middle_is_kept() -> None:
    wide = AspectRatio(3, 1)  # 1200 x 400
    asked = protect([face(300, 100, side=600)], PHOTO, wide)
    assert asked.keep == (Box(300, 240, 900, 560),)


def test_a_small_face_behind_a_huge_one_does_not_win() -> None:
    wide = AspectRatio(3, 1)
    asked = protect([face(300, 150, side=600), face(1050, 0, side=60)], PHOTO, wide)
    assert asked.keep[0] == Box(300, 290, 900, 610)
    assert asked.avoid == (Box(1050, 0, 1110, 60),)


def test_a_face_is_not_left_out_at_the_price_of_a_tiny_crop() -> None:
    tall = AspectRatio(1, 2)  # 400 x 800
    sure, doubtful = face(0, 0), face(150, 300, side=270, score=0.1)
    # Beside the doubtful one, 150 px remain: less than half of 400.
    assert protect([sure, doubtful], PHOTO, tall) == Protection(
        (head(0, 0)._replace(x0=0, y0=0),), ()
    )
    further = face(250, 300, side=270, score=0.1)
    assert protect([sure, further], PHOTO, tall).avoid == (Box(250, 300, 520, 570),)


def test_order_of_the_faces_does_not_matter() -> None:
    faces = [face(50, 300, 130), face(1050, 300, 120), face(300, 300, 90), face(600, 600, 80)]
    assert protect(faces, PHOTO, SQUARE) == protect(faces[::-1], PHOTO, SQUARE)


def test_no_faces_nothing_but_what_was_asked() -> None:
    asked = Limits(SMALL_PHOTO, keep=(Box(0, 0, 9, 9),))
    assert list(limits_with_faces(asked, [], SQUARE)) == [asked]


def test_strictest_comes_first_and_what_was_asked_last() -> None:
    asked = Limits(SMALL_PHOTO, keep=(Box(190, 0, 199, 9),), avoid=(Box(0, 190, 9, 199),))
    faces = [MIDDLE, LEFT, RIGHT]
    first, *others, last = limits_with_faces(asked, faces, SQUARE)
    saved = protect(faces, SMALL_PHOTO, SQUARE)
    assert saved.keep
    assert saved.avoid
    assert first.keep == (*asked.keep, *saved.keep)
    assert first.avoid == (*asked.avoid, *saved.avoid)
    assert all(limits.avoid == asked.avoid for limits in others)
    assert last == asked


def test_least_important_faces_are_given_up_first() -> None:
    faces = [Face(Window(180 + 5 * n, 80, 190 + 5 * n + n, 100), 0.9) for n in range(5)]
    saved = protect(faces, SMALL_PHOTO, SQUARE).keep
    kept = [limits.keep for limits in limits_with_faces(Limits(SMALL_PHOTO), faces, SQUARE)]
    assert kept == [saved, saved[:2], saved[:1], ()]
