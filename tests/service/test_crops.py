"""POST /v1/crops."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from tests.service.conftest import LOCAL, Serve
from tests.subject_model import write_model_without_subjects

from marscrop.crop_json import as_entry
from marscrop.cropper import Cropper
from marscrop.faces import detector
from marscrop.faces.detector import Face
from marscrop.geometry import Window
from marscrop.imaging.photo import Photo
from marscrop.options import OPTIONS
from marscrop.service.app import create_app
from marscrop.service.limits import ServiceLimits
from marscrop.service.parameters import CROP_OPTIONS


def test_the_body_is_the_image(client: TestClient, cropper: Cropper, rocket: bytes) -> None:
    answer = client.post("/v1/crops", params={"ratio": ["16:9", "1:1"]}, content=rocket)
    assert answer.status_code == 200
    assert answer.json() == {
        "image": "photo",
        "width": 640,
        "height": 427,
        "crops": [as_entry(crop) for crop in cropper.crop(rocket, ["16:9", "1:1"])],
        "photo": hashlib.sha256(rocket).hexdigest(),
    }


def test_a_form_says_the_same(client: TestClient, rocket: bytes) -> None:
    in_form = client.post(
        "/v1/crops",
        data={"ratio": ["16:9", "1:1"], "min_size": "0.9"},
        files={"image": ("C:\\photos\\rocket.jpg", rocket)},
    )
    in_query = client.post("/v1/crops?ratio=16:9&ratio=1:1&min_size=0.9", content=rocket)
    assert in_form.json() == {**in_query.json(), "image": "rocket.jpg"}


def test_what_curl_sends_by_default_is_the_image_too(client: TestClient, rocket: bytes) -> None:
    answer = client.post(
        "/v1/crops?ratio=1:1",
        content=rocket,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200


ASKED: dict[str, Any] = {
    "keep": ["300,140,335,415", "10%,30%,20%,40%"],
    "avoid": ["0,0,640,20"],
    "min_size": "0.4",
    "zoom": "none",
    "max_candidates": "3",
    "anchor": "left",
    "min_confidence": "0.9",
    "fallback": "pad",
    "pad_fill": "blur",
    "faces": "ignore",
    "keep_borders": "true",
}


def test_every_option_of_the_library_is_one_of_the_service() -> None:
    assert {option.name for option in CROP_OPTIONS} == set(OPTIONS) == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_options_do_what_they_do_in_python(
    client: TestClient, cropper: Cropper, rocket: bytes, name: str
) -> None:
    asked = {name: ASKED[name]}
    if name == "pad_fill":
        asked["fallback"] = "pad"
    answer = client.post("/v1/crops", params={"ratio": "4:5", **asked}, content=rocket)
    numbers = {
        n: float(v) if "." in v else int(v) for n, v in asked.items() if n[:3] in ("min", "max")
    }
    flags = {n: v == "true" for n, v in asked.items() if v in ("true", "false")}
    expected = cropper.crop(rocket, "4:5", **{**asked, **numbers, **flags})
    assert answer.json()["crops"] == [as_entry(crop) for crop in expected]


def test_a_padded_crop_says_what_is_added(client: TestClient, rocket: bytes) -> None:
    asked = {"ratio": "9:16", "keep": "50,100,600,300", "fallback": "pad"}
    (crop,) = client.post("/v1/crops", params=asked, content=rocket).json()["crops"]
    left, top, right, bottom = crop["padding"]
    x0, y0, x1, y1 = crop["box"]
    assert crop["canvas"] == [left + x1 - x0 + right, top + y1 - y0 + bottom]


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ("", "bad_request", "ratio is missing; give it, such as ratio=16:9"),
        ("ratio=16:0", "ratio", "got '16:0'"),
        ("ratio=1:1&keeep=1,2,3,4", "bad_request", "unknown parameter 'keeep'; known here are"),
        ("ratio=1:1&keep=1,2,3", "option", "keep must be X0,Y0,X1,Y1"),
        ("ratio=1:1&keep=700,0,800,10", "constraint", "photo: keep box (700,0,800,10)"),
        ("ratio=9:16&keep=0,0,640,427", "constraint", "photo: keep box"),
        ("ratio=1:1&min_size=much", "bad_request", "min_size: must be a number; got 'much'"),
        ("ratio=1:1&min_size=2", "option", "got 2"),
        ("ratio=1:1&min_size=0.5&min_size=0.6", "bad_request", "min_size may be given once"),
        ("ratio=1:1&max_candidates=1.5", "bad_request", "must be a whole number; got '1.5'"),
        ("ratio=1:1&max_candidates=21", "option", "from 1 to 20; got 21"),
        ("ratio=1:1&min_confidence=nan", "option", "got nan"),
        ("ratio=1:1&anchor=up", "option", "got 'up'"),
        ("ratio=1:1&fallback=stretch", "option", "got 'stretch'"),
        ("ratio=1:1&url=http://example.com/a.jpg", "bad_request", "give an image or url, not both"),
        ("ratio=1:1&photo=abc", "bad_request", "give an image or photo, not both"),
    ],
)
def test_a_question_that_makes_no_sense_is_explained(
    client: TestClient, rocket: bytes, query: str, code: str, words: str
) -> None:
    answer = client.post(f"/v1/crops?{query}", content=rocket)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == code
    assert words in error["message"]


def test_no_photo_is_explained(client: TestClient) -> None:
    answer = client.post("/v1/crops?ratio=1:1")
    assert answer.status_code == 422
    assert "no photo was sent" in answer.json()["error"]["message"]


def test_a_file_by_another_name_is_explained(client: TestClient, rocket: bytes) -> None:
    answer = client.post("/v1/crops?ratio=1:1", files={"picture": ("a.jpg", rocket)})
    assert answer.status_code == 422
    assert (
        answer.json()["error"]["message"] == "the form's file must be called image; got 'picture'"
    )


def test_an_image_that_is_no_file_is_explained(client: TestClient) -> None:
    part = 'Content-Disposition: form-data; name="image"'
    answer = client.post(
        "/v1/crops?ratio=1:1",
        content=f"--b\r\n{part}\r\n\r\na.jpg\r\n--b--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    )
    assert answer.status_code == 422
    assert "must be a file" in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"GIF8", b"<svg/>", b"{}", b"\xff\xd8\xff"])
def test_what_is_no_image_is_415(client: TestClient, content: bytes) -> None:
    answer = client.post("/v1/crops?ratio=1:1", content=content)
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "not_an_image"


def test_pixels_that_end_early_are_422(client: TestClient, rocket: bytes) -> None:
    answer = client.post("/v1/crops?ratio=1:1", files={"image": ("a.jpg", rocket[:3000])})
    assert answer.status_code == 422
    assert answer.json()["error"] == {
        "code": "image",
        "message": f"a.jpg: {answer.json()['error']['reason']}",
        "reason": answer.json()["error"]["reason"],
    }
    assert answer.json()["error"]["message"].startswith("a.jpg: is truncated or corrupt")


def test_a_photo_that_was_seen_needs_no_upload(client: TestClient, rocket: bytes) -> None:
    first = client.post("/v1/crops?ratio=1:1", content=rocket).json()
    again = client.post("/v1/crops", params={"ratio": ["1:1"], "photo": first["photo"]}).json()
    assert again == first


def test_a_photo_that_is_forgotten_is_404(serve: Serve, rocket: bytes, examples: Path) -> None:
    client = serve(photos_kept=1)
    first = client.post("/v1/crops?ratio=1:1", content=rocket).json()["photo"]
    client.post("/v1/crops?ratio=1:1", content=(examples / "cat.jpg").read_bytes())
    answer = client.post(f"/v1/crops?ratio=1:1&photo={first}")
    assert answer.status_code == 404
    assert answer.json()["error"]["limit"] == {"name": "photos_kept", "value": 1}


def test_errors_do_not_tell_what_others_call_a_photo(client: TestClient, rocket: bytes) -> None:
    sent = client.post("/v1/crops?ratio=1:1", files={"image": ("secret.jpg", rocket)}).json()
    answer = client.post(f"/v1/crops?ratio=1:1&keep=900,0,999,9&photo={sent['photo']}")
    assert answer.json()["error"]["message"].startswith("photo: ")


class OneFace:
    """A detector that sees one face in every photo."""

    def __init__(self, threads: int | None) -> None:
        pass

    def in_photo(self, photo: Photo) -> list[Face]:
        return [Face(Window(4, 380, 40, 420), 0.9)]


@pytest.fixture
def detecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A service that has a detector."""
    monkeypatch.setattr(detector, "FaceDetector", OneFace)
    with TestClient(create_app(ServiceLimits(), Cropper(threads=1)), base_url=LOCAL) as client:
        yield client


def test_a_photo_in_which_faces_were_found_is_remembered_for_every_rule(
    detecting: TestClient, rocket: bytes
) -> None:
    kept = detecting.post("/v1/crops?ratio=9:16&faces=keep", content=rocket).json()
    other = detecting.post("/v1/crops?ratio=9:16", content=rocket).json()
    assert kept["crops"] != other["crops"]
    for faces, expected in (("keep", kept), ("auto", other)):
        query = f"ratio=9:16&faces={faces}&photo={kept['photo']}"
        assert detecting.post(f"/v1/crops?{query}").json() == expected


def test_a_photo_in_which_no_faces_were_looked_for_is_to_be_sent_again(
    detecting: TestClient, rocket: bytes
) -> None:
    photo = detecting.post("/v1/crops?ratio=9:16", content=rocket).json()["photo"]
    answer = detecting.post(f"/v1/crops?ratio=9:16&faces=keep&photo={photo}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "photo_not_kept"
    assert "faces were not looked for" in answer.json()["error"]["message"]
    again = detecting.post("/v1/crops?ratio=9:16&faces=keep", content=rocket)
    assert again.status_code == 200


def test_a_service_without_a_detector_says_what_is_lacking(
    rocket: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("marscrop.faces.centerface.find_spec", lambda name: None)
    app = create_app(ServiceLimits(), Cropper(threads=1))
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as lacking:
        for path in ("/v1/crops", "/v1/crop"):
            query = f"{path}?ratio=1:1&faces=keep"
            for sent in ({"content": rocket}, {"files": {"image": ("a.jpg", rocket)}}):
                answer = lacking.post(query, **sent)
                assert answer.status_code == 422
                assert answer.json()["error"]["code"] == "not_installed"
            assert lacking.post(f"{path}?ratio=1:1", content=rocket).status_code == 200
            assert lacking.post(query, content=rocket).status_code == 422  # known by now
        assert 'status="500"' not in lacking.get("/metrics").text
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_tight_of_a_model_without_subjects_is_explained(
    packaged_model: Path, tmp_path: Path, rocket: bytes
) -> None:
    blind = Cropper(write_model_without_subjects(packaged_model, tmp_path / "without"), threads=1)
    with TestClient(create_app(ServiceLimits(), blind), base_url=LOCAL) as client:
        error = client.post("/v1/crops?ratio=1:1&zoom=tight", content=rocket).json()["error"]
    assert error["code"] == "option"
    assert "zoom=tight frames the main subject, and this model sees no" in error["message"]


@pytest.fixture(scope="module")
def framed(rocket: bytes) -> bytes:
    """The photo in a white frame of 40 px."""
    with Image.open(io.BytesIO(rocket)) as image:
        frame = Image.new("RGB", (image.width + 80, image.height + 80), "white")
        frame.paste(image, (40, 40))
    out = io.BytesIO()
    frame.save(out, "PNG")
    return out.getvalue()


def test_borders_are_left_out_or_kept_of_an_image_that_is_sent(
    client: TestClient, cropper: Cropper, framed: bytes
) -> None:
    for flag in ("false", "true", "false"):
        answer = client.post(f"/v1/crops?ratio=1:1&keep_borders={flag}", content=framed)
        expected = cropper.crop(framed, "1:1", keep_borders=flag == "true")
        assert answer.json()["crops"] == [as_entry(crop) for crop in expected]


def test_an_analysis_in_memory_serves_the_borders_that_it_was_made_for(
    client: TestClient, cropper: Cropper, framed: bytes
) -> None:
    key = client.post("/v1/crops?ratio=1:1", content=framed).json()["photo"]
    again = client.post(f"/v1/crops?ratio=4:5&photo={key}").json()
    assert again["crops"] == [as_entry(crop) for crop in cropper.crop(framed, "4:5")]
    for asked in ("keep_borders=true", "keep=0,0,9,9"):
        refused = client.post(f"/v1/crops?ratio=1:1&photo={key}&{asked}")
        assert refused.status_code == 404
        assert refused.json()["error"]["code"] == "photo_not_kept"
        assert "borders" in refused.json()["error"]["message"]


def test_the_map_of_a_photo_with_borders_covers_all_of_it(
    client: TestClient, rocket: bytes, framed: bytes
) -> None:
    inner, outer = (
        np.asarray(Image.open(io.BytesIO(client.post("/v1/map?ratio=1:1", content=one).content)))
        for one in (rocket, framed)
    )
    rows, columns = outer.shape
    assert columns / rows == pytest.approx(720 / 507, rel=0.06)
    x, y = columns * 40 // 720, rows * 40 // 507
    assert (outer[: y - 1] == 0).all()
    assert (outer[:, : x - 1] == 0).all()
    assert outer.max() == inner.max()


def test_a_flag_that_is_neither_true_nor_false_is_refused(
    client: TestClient, rocket: bytes
) -> None:
    answer = client.post("/v1/crops?ratio=1:1&keep_borders=perhaps", content=rocket)
    assert answer.status_code == 422
    assert "keep_borders: must be true or false" in answer.json()["error"]["message"]


def test_the_focal_point_where_it_is_asked_for(
    client: TestClient, cropper: Cropper, rocket: bytes
) -> None:
    plain = client.post("/v1/crops?ratio=16:9", content=rocket).json()
    answer = client.post("/v1/crops?ratio=16:9&focal=true", content=rocket).json()
    point = cropper.focal_point(rocket)
    assert answer.pop("focal") == [point.x, point.y]
    assert answer.pop("object_position") == point.object_position
    assert answer == plain
    kept = {"ratio": "16:9", "focal": "true", "photo": plain["photo"], "keep": "0,100,60,160"}
    recalled = client.post("/v1/crops", params=kept).json()
    expected = cropper.focal_point(rocket, keep=(0, 100, 60, 160))
    assert recalled["object_position"] == expected.object_position
    refused = client.post("/v1/crops?ratio=16:9&focal=perhaps", content=rocket)
    assert refused.status_code == 422


def test_the_same_query_means_what_its_address_says(client: TestClient, rocket: bytes) -> None:
    kinds = {"/v1/crops": "application/json", "/v1/crop": "image/jpeg", "/v1/map": "image/png"}
    for _ in range(2):  # the second time it was understood before
        for path, kind in kinds.items():
            answer = client.post(f"{path}?ratio=1:1", content=rocket)
            assert answer.headers["Content-Type"] == kind
        assert client.post("/v1/crops?ratio=1:0", content=rocket).status_code == 422
        fields = {"data": {"ratio": "4:1"}, "files": {"image": rocket}}
        ratios = client.post("/v1/crops?ratio=1:1", **fields).json()["crops"]  # type: ignore[arg-type]
        assert [crop["ratio"] for crop in ratios] == ["1:1", "4:1"]
