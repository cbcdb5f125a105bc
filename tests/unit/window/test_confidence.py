import math

import numpy as np
import pytest
from tests.made_subjects import made_subjects

from marscrop.geometry import Box, Size
from marscrop.ratio import AspectRatio
from marscrop.window.confidence import Calibration, Evidence, gather_evidence
from marscrop.window.keeping import HEAD_COST

SQUARE = AspectRatio(1, 1)
PHOTO, CROP = Size(200, 100), Box(0, 0, 100, 100)
NOTHING = np.zeros((10, 20))


def test_centre_crop_itself_has_no_evidence_but_of_the_photo() -> None:
    centre = Box(50, 0, 150, 100)
    evidence = gather_evidence(np.ones((10, 20)), centre, Size(200, 100), SQUARE)
    assert evidence == Evidence(0, 0, coverage=evidence.coverage)
    assert evidence.coverage == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize(("x0", "sign"), [(0, 1), (100, -1)])
def test_evidence_is_the_gain_over_the_middle_and_the_distance(x0: int, sign: int) -> None:
    logits = np.full((10, 20), -1.0)
    logits[:, :10] = 1  # the left half; a square in the middle has as much of it as of the other
    evidence = gather_evidence(logits, Box(x0, 0, x0 + 100, 100), Size(200, 100), SQUARE)
    assert evidence.margin == pytest.approx(sign * math.sqrt(0.5))
    assert evidence.distance == pytest.approx(1 - 1 / 3)


def test_a_smaller_crop_in_the_middle_gains_nothing_but_differs() -> None:
    logits = np.random.default_rng(0).normal(0, 1, (10, 20))
    evidence = gather_evidence(logits, Box(60, 10, 140, 90), Size(200, 100), SQUARE)
    unlike = evidence._replace(coverage=0.0)
    assert unlike == pytest.approx(Evidence(0, 1 - 0.64), abs=1e-6)


@pytest.mark.parametrize(
    ("logits", "coverage"),
    [
        ([[0.0, 0.0]], 0.5),
        ([[math.log(3), math.log(3)], [-math.log(3), math.log(3)]], (3 * 0.75 + 0.25) / 4),
        ([[1e9, -1e9, 1e9, -1e9]], 0.5),  # too large for an exponential
    ],
)
def test_coverage_is_the_maps_mean_probability(logits: list[list[float]], coverage: float) -> None:
    evidence = gather_evidence(np.array(logits), CROP, PHOTO, SQUARE)
    assert evidence.coverage == pytest.approx(coverage)


def test_without_a_subject_map_nothing_is_known_of_gaze_and_subjects() -> None:
    evidence = gather_evidence(NOTHING, CROP, PHOTO, SQUARE)
    assert evidence == pytest.approx(Evidence(0, 1 - 1 / 3, coverage=0.5))


def test_evidence_of_a_subject_map_by_hand() -> None:
    gaze = np.zeros((10, 20), np.float32)
    gaze[:, 1] = 0.08  # in the crop alone; its middle is 15 px of 200
    gaze[:, 18] = 0.02  # in neither
    head = Box(40, 40, 60, 60)  # through which the centre crop's edge goes
    others = [(Box(5, 5, 45, 95), 0.4), (Box(70, 0, 80, 10), 0.7)]  # whole in the crop
    seen = made_subjects(gaze, heads=[(head, 0.5)])
    evidence = gather_evidence(NOTHING, CROP, PHOTO, SQUARE, seen)
    assert evidence.gaze == pytest.approx(0.8)
    assert evidence.kept == pytest.approx(0.5 * HEAD_COST)
    # Gaze: 0.8 at 0.075 and 0.2 at 0.925 across, in the middle down; the crop: 0.25 off, half wide.
    assert evidence.pull == pytest.approx((0.8 * 0.075 + 0.2 * 0.925 - 0.5) * -0.25 / 0.5)
    assert evidence.subject == 0
    with_subjects = gather_evidence(
        NOTHING, CROP, PHOTO, SQUARE, made_subjects(gaze, heads=[(head, 0.5)], subjects=others)
    )
    assert with_subjects.subject == 0.7
    assert with_subjects.kept > evidence.kept
    same = {"subject": 0.0, "kept": 0.0}
    assert with_subjects._replace(**same) == evidence._replace(**same)


def test_crop_that_cuts_what_the_centre_crop_keeps_has_negative_evidence() -> None:
    gaze = np.zeros((10, 20), np.float32)
    gaze[4:6, 13:15] = 0.25  # in the centre crop alone, right of the middle
    seen = made_subjects(gaze, heads=[(Box(90, 40, 110, 60), 1.0)])
    evidence = gather_evidence(NOTHING, CROP, PHOTO, SQUARE, seen)
    assert evidence.gaze == pytest.approx(-1)
    assert evidence.kept == pytest.approx(-HEAD_COST)
    assert evidence.pull < 0


@pytest.mark.parametrize(
    ("row", "column", "box", "sign"),
    [
        (5, 1, Box(0, 0, 100, 100), 1),
        (5, 18, Box(0, 0, 100, 100), -1),
        (5, 1, Box(100, 0, 200, 100), -1),
        (1, 10, Box(70, 0, 130, 60), 1),
        (8, 10, Box(70, 0, 130, 60), -1),
        (8, 10, Box(50, 0, 150, 100), 0),  # in the middle
    ],
)
def test_pull_is_positive_where_gaze_and_crop_lie_on_one_side(
    row: int, column: int, box: Box, sign: int
) -> None:
    gaze = np.zeros((11, 21), np.float32)
    gaze[row, column] = 1
    pull = gather_evidence(NOTHING, box, PHOTO, SQUARE, made_subjects(gaze)).pull
    assert np.sign(round(pull, 9)) == sign


def test_evidence_for_the_centre_crop_is_that_of_the_crop_against_it() -> None:
    """What compares two crops changes its sign; the photo, and how far apart they are, do not."""
    evidence = Evidence(0.5, 0.25, 0.1, 0.2, 0.3, 0.4, 0.6)
    assert evidence.of_the_centre() == Evidence(-0.5, 0.25, -0.1, -0.2, -0.3, 0.4, 0.6)
    assert evidence.of_the_centre().of_the_centre() == evidence


@pytest.mark.parametrize("name", [name for name in Evidence._fields if name != "distance"])
def test_each_weight_is_of_the_evidence_of_its_name(name: str) -> None:
    evidence = Evidence(0, 0.25)._replace(**{name: 0.5})
    found = Calibration(-1, **{name: 4}).confidence(evidence)
    assert found == pytest.approx(1 / (1 + math.exp(-1)))
    assert Calibration(-1).confidence(evidence) == pytest.approx(1 / (1 + math.exp(1)))


def test_more_gaze_and_fewer_heads_cut_are_surer() -> None:
    calibration = Calibration(-1, 2, 3, gaze=4, kept=5, pull=6)
    plain = calibration.confidence(Evidence(0.5, 0.25))
    assert calibration.confidence(Evidence(0.5, 0.25, gaze=0.1)) > plain
    assert calibration.confidence(Evidence(0.5, 0.25, kept=0.1)) > plain
    worse = calibration.confidence(Evidence(-0.5, 0.25, -0.1, -0.2, -0.3))
    better = calibration.confidence(Evidence(0.5, 0.25, 0.1, 0.2, 0.3))
    assert worse == pytest.approx(1 - better)


def test_confidence_is_logistic() -> None:
    confidence = Calibration(-1, 2, 3).confidence(Evidence(0.5, 0.25))
    assert confidence == pytest.approx(1 / (1 + math.exp(-(-1 + 1 + 0.75))))


def test_without_a_margin_the_distance_decides() -> None:
    confidence = Calibration(-1, 2, 3).confidence(Evidence(0, 0.25))
    assert confidence == pytest.approx(1 / (1 + math.exp(-(-1 + 0.75))))


def test_where_the_middle_is_likelier_it_is_the_centre_crop_that_may_beat_the_crop() -> None:
    calibration = Calibration(-1, 2, 3)
    worse = calibration.confidence(Evidence(-0.5, 0.25))
    assert worse == pytest.approx(1 - calibration.confidence(Evidence(0.5, 0.25)))


def test_the_centre_crop_itself_beats_nothing() -> None:
    assert Calibration(5, 2, 3).confidence(Evidence(0.5, 0)) == 0


@pytest.mark.parametrize("bias", [-1e6, 1e6])
def test_confidence_stays_in_0_to_1(bias: float) -> None:
    assert 0 <= Calibration(bias, 0, 0).confidence(Evidence(1, 1)) <= 1
