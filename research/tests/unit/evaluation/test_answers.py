"""Asking every method about every box, and where one has no answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from research.tests.unit.evaluation.photos import Fixed, answered, photo

from marscrop.errors import ImageError, ModelError
from marscrop.geometry import Box
from marscrop_research.data.records import CropRecord, Problem
from marscrop_research.errors import ConfigError
from marscrop_research.evaluation.answers import ask

SEVERAL = photo("a.jpg", (0, 0, 50, 50), (0, 0, 80, 40))
LEFT, RIGHT = (0, 0, 50, 50), (50, 0, 100, 50)


def test_each_method_is_asked_once_for_each_box() -> None:
    method = Fixed("left", {"a.jpg": LEFT, "b.jpg": LEFT})
    found, problems = ask([SEVERAL, photo("b.jpg", LEFT)], [method])
    assert [r.path.name for r in method.asked] == ["a.jpg", "a.jpg", "b.jpg"]
    assert [r.ratio.value for r in method.asked] == [1.0, 2.0, 1.0]
    assert [a.boxes for a in found] == [{"left": (Box(*LEFT),) * 2}, {"left": (Box(*LEFT),)}]
    assert problems == []


def test_a_predictor_may_give_several_methods() -> None:
    def two(_: CropRecord, /) -> dict[str, Box]:
        return {"left": Box(*LEFT), "right": Box(*RIGHT)}

    ((found,), _) = ask([photo("a.jpg", LEFT)], [two])
    assert found.boxes == {"left": (Box(*LEFT),), "right": (Box(*RIGHT),)}


def test_an_answer_to_some_boxes_leaves_gaps() -> None:
    def only_squares(record: CropRecord, /) -> dict[str, Box]:
        return {"squares": Box(*LEFT)} if record.ratio.value == 1 else {}

    ((found,), _) = ask([SEVERAL], [only_squares])
    assert found.boxes == {"squares": (Box(*LEFT), None)}
    assert found.answers("squares") == (Box(*LEFT),)
    assert found.gaps("squares") == ["a.jpg at 80:40"]


def test_a_method_that_said_nothing_has_a_gap_at_every_box() -> None:
    found = answered(SEVERAL, left=[LEFT, LEFT])
    assert found.gaps("left") == []
    assert found.gaps("other") == ["a.jpg at 50:50", "a.jpg at 80:40"]
    assert found.answers("other") == ()


def test_an_unreadable_photo_is_reported_and_the_rest_is_asked() -> None:
    def broken(record: CropRecord, /) -> dict[str, Box]:
        if record.path.name == "a.jpg":
            raise ImageError("a.jpg", "is truncated")
        return {"m": Box(*LEFT)}

    found, problems = ask([SEVERAL, photo("b.jpg", LEFT)], [broken])
    assert [a.photo.path.name for a in found] == ["b.jpg"]
    assert problems == [Problem(str(Path("somewhere/a.jpg")), "a.jpg: is truncated")]


def test_a_ratio_beyond_all_sense_is_a_problem_of_its_photo() -> None:
    sliver = photo("a.jpg", (0, 0, 100, 0.5))

    def predict(record: CropRecord, /) -> dict[str, Box]:
        return {"m": Box(0, 0, 1, int(record.ratio.value))}

    found, (problem,) = ask([sliver], [predict])
    assert found == []
    assert "between 1:100 and 100:1" in problem.reason


def test_a_broken_model_stops_everything() -> None:
    def broken(_: CropRecord, /) -> dict[str, Box]:
        raise ModelError(None, "model is truncated")

    with pytest.raises(ModelError):
        ask([SEVERAL], [broken])


def test_two_methods_of_one_name_are_refused() -> None:
    methods = [Fixed("same", {"a.jpg": LEFT}), Fixed("same", {"a.jpg": RIGHT})]
    with pytest.raises(ConfigError, match="two methods are called 'same'"):
        ask([SEVERAL], methods)
