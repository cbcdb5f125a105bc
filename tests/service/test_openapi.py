"""The service held to its own OpenAPI by schemathesis: what it says is what it does.

Requests that the schema allows and requests that it does not, the same ones each time. Left out is
the check that all that the schema allows is accepted: it cannot say that a box lies in the photo.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

pytest.importorskip("starlette", reason="needs marscrop[serve]")
pytest.importorskip("schemathesis", reason="needs schemathesis: the dev group")

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from marscrop.bench.photos import encode_photo
from marscrop.cropper import Cropper
from marscrop.geometry import Size
from marscrop.service.app import create_app
from marscrop.service.limits import ServiceLimits

SIZE = Size(640, 480)  # holds the boxes of the schema's examples
PHOTO = encode_photo(SIZE, ".jpg")
# As large as the examples ask for, no larger: encoding would take most of the time.
limits = ServiceLimits(max_output_px=800, host_names=("testserver",))
app = create_app(limits, Cropper(threads=1))
schema = schemathesis.openapi.from_asgi("/openapi.json", app)

sides = st.integers(1, 40)
schemathesis.openapi.format(
    "aspect-ratio",
    st.builds("{}:{}".format, sides, sides) | st.sampled_from(["4x5", "1.5", "square", "16/9"]),
)
edges = st.lists(st.integers(0, 100), min_size=4, max_size=4, unique=True).map(sorted)
schemathesis.openapi.format(
    "box",
    edges.map(lambda at: f"{at[0]},{at[1]},{at[2]},{at[3]}")
    | edges.map(lambda at: f"{at[0]}%,{at[1]}%,{at[2]}%,{at[3]}%"),
)
# Text: schemathesis 4.32.5 fails on its own Binary where it makes properties that there are not.
schemathesis.openapi.format("binary", st.text())
for kind in ("jpeg", "png", "webp", "gif"):
    schemathesis.openapi.media_type(f"image/{kind}", st.just(PHOTO))

answers: Counter[tuple[str, int]] = Counter()


@schema.parametrize()
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Any) -> None:
    excluded = [positive_data_acceptance]
    if case.meta.generation.mode.is_positive:
        make_acceptable(case)
        excluded.append(negative_data_rejection)  # which takes what was changed for it
    else:
        leave_what_is_wrong(case)
    response = case.call()
    answers[case.operation.path, int(response.status_code)] += 1
    case.validate_response(response, excluded_checks=excluded)


def leave_what_is_wrong(case: Any) -> None:
    """Say each thing once, in the place of which one part is wrong."""
    if not isinstance(case.body, dict):
        return
    if case.meta.components[ParameterLocation.BODY].mode.is_negative:
        case.query = without(case.query, case.body.keys())
    else:
        case.body = without(case.body, (case.query or {}).keys())


def make_acceptable(case: Any) -> None:
    """Say each thing once, leave out what does not go together, and send a photo.

    No schema can ask for that, and nearly every request would be refused for it alone.
    """
    form = dict(case.body) if isinstance(case.body, dict) else {}
    query = without(case.query, form.keys())
    asked = form.keys() | query.keys()
    if case.method == "POST" and not asked & {"ratio", "box"}:
        query["ratio"] = "4:5"
        asked |= {"ratio"}
    unwanted = set()
    if form or isinstance(case.body, bytes):
        unwanted |= {"photo", "url"}
    if "ratio" in asked:
        unwanted |= {"box"}
    if "width" in asked:
        unwanted |= {"height"}
    if "fallback" not in asked:
        unwanted |= {"pad_fill"}
    case.query = without(query, unwanted)
    if form:
        case.body = {**without(form, unwanted), "image": PHOTO}


def without(values: Mapping[str, Any] | None, names: Iterable[str]) -> dict[str, Any]:
    """The values of other names."""
    return {name: value for name, value in (values or {}).items() if name not in set(names)}


def test_it_was_more_than_refusals() -> None:
    for path in ("/v1/crops", "/v1/crop", "/v1/map"):
        assert answers[path, 200] >= 10, answers
        assert answers[path, 422] >= 10, answers
