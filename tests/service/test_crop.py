"""POST /v1/crop and /v1/map."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image
from starlette.testclient import TestClient

from marscrop.cropper import Cropper
from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.ratio import AspectRatio
from marscrop.service.limits import ServiceLimits
from marscrop.service.output import affordable, output_bytes

FORMATS = {"image/avif": "AVIF", "image/webp": "WEBP", "image/jpeg": "JPEG", "image/png": "PNG"}


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def test_the_crop_of_the_library_comes_out(
    client: TestClient, cropper: Cropper, rocket: bytes
) -> None:
    answer = client.post("/v1/crop?ratio=4:5&format=png", content=rocket)
    (crop,) = cropper.crop(rocket, "4:5")
    assert np.array_equal(
        np.asarray(opened(answer.content)), np.asarray(cropper.picture(rocket, crop))
    )
    assert answer.headers["X-Crop-Box"] == ",".join(map(str, crop.box))
    assert answer.headers["X-Crop-Confidence"] == f"{crop.confidence:.4f}"
    assert answer.headers["X-Photo-Size"] == "640x427"
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize("media_type", FORMATS)
def test_the_format_is_what_the_client_accepts(
    client: TestClient, rocket: bytes, media_type: str
) -> None:
    answer = client.post("/v1/crop?ratio=1:1", content=rocket, headers={"Accept": media_type})
    assert answer.headers["Content-Type"] == media_type
    assert opened(answer.content).format == FORMATS[media_type]


def test_a_client_that_accepts_none_is_told(client: TestClient, rocket: bytes) -> None:
    answer = client.post("/v1/crop?ratio=1:1", content=rocket, headers={"Accept": "text/html"})
    assert answer.status_code == 406
    assert "image/avif" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("query", "size"),
    [
        ("ratio=16:9&width=320", (320, 180)),
        ("ratio=16:9&height=90", (160, 90)),
        ("width=300&height=200", (300, 200)),
        ("ratio=300x200", (300, 200)),
        ("ratio=150x100@2x", (300, 200)),
        ("ratio=original&width=160", (160, 107)),
        ("ratio=1:1&width=800", (800, 800)),
        ("ratio=1:1&width=1200&enlarge=3", (1200, 1200)),
        ("box=10,20,110,70", (100, 50)),
        ("box=0%25,0%25,50%25,100%25", (320, 427)),
        ("box=10,20,110,70&width=50", (50, 25)),
        ("box=0,0,401,211&width=200&height=105", (200, 105)),
    ],
)
def test_the_size_is_what_was_asked(
    client: TestClient, rocket: bytes, query: str, size: tuple[int, int]
) -> None:
    assert opened(client.post(f"/v1/crop?{query}", content=rocket).content).size == size


def test_a_box_is_cut_as_it_is(client: TestClient, rocket: bytes) -> None:
    answer = client.post("/v1/crop?box=10,20,110,70&format=png", content=rocket)
    expected = opened(rocket).crop((10, 20, 110, 70))
    assert np.array_equal(np.asarray(opened(answer.content)), np.asarray(expected))
    assert "X-Crop-Confidence" not in answer.headers


def test_quality_makes_smaller_files(client: TestClient, rocket: bytes) -> None:
    sizes = [
        len(client.post(f"/v1/crop?ratio=1:1&format=webp&quality={q}", content=rocket).content)
        for q in (20, 90)
    ]
    assert sizes[0] < sizes[1]


def test_padding_is_drawn(client: TestClient, rocket: bytes) -> None:
    query = "ratio=9:16&keep=50,100,600,300&fallback=pad&pad_fill=red&format=png"
    picture = opened(client.post(f"/v1/crop?{query}", content=rocket).content)
    assert picture.getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "give a ratio, a box, or a width and a height"),
        ("width=300", "give a ratio, a box, or a width and a height"),
        ("ratio=1:1&box=0,0,9,9", "not both: a box has its ratio"),
        ("ratio=1:1&width=10&height=10", "give a width or a height"),
        ("box=0,0,100,50&width=50&height=30", "another ratio than 50 x 30"),
        ("ratio=1:1&width=0", "width must be from 1 to 8192; got 0"),
        ("ratio=1:100&width=8000", "would be 8000 x 800000"),
        ("ratio=1:1&width=100&enlarge=5", "enlarge must be from 1 to 4; got 5"),
        ("ratio=1:1&width=100&enlarge=nan", "enlarge must be from 1 to 4; got nan"),
        ("ratio=1:1&quality=0", "quality must be from 1 to 100; got 0"),
        ("ratio=1:1&format=bmp", "format must be one of auto, avif, webp, jpg, png; got 'bmp'"),
        ("ratio=1:1&metadata=exif", "metadata must be one of none, rights, all, keep; got 'exif'"),
        ("ratio=1:1&ratio=2:1", "ratio may be given once"),
        ("ratio=1:1&max_candidates=2", "unknown parameter 'max_candidates'"),
        ("box=600,0,700,10", "expected a box inside the image of 640 x 427 pixels"),
    ],
)
def test_a_question_that_makes_no_sense_is_explained(
    client: TestClient, rocket: bytes, query: str, words: str
) -> None:
    answer = client.post(f"/v1/crop?{query}", content=rocket)
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("query", "place"),
    [("", None), ("&metadata=none", None), ("&metadata=keep", "N"), ("&metadata=all", "N")],
)
@pytest.mark.parametrize("suffix", ["jpg", "webp", "avif", "png"])
def test_the_place_is_left_out_unless_asked_for(
    client: TestClient, examples: Path, query: str, place: str | None, suffix: str
) -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Artist] = "Ada"
    photo = io.BytesIO()
    with Image.open(examples / "cat.jpg") as image:
        image.save(photo, "JPEG", exif=exif)
    answer = client.post(f"/v1/crop?ratio=1:1&format={suffix}{query}", content=photo.getvalue())
    found = opened(answer.content).getexif()
    assert found.get_ifd(ExifTags.IFD.GPSInfo).get(ExifTags.GPS.GPSLatitudeRef) == place
    assert ExifTags.Base.Orientation not in found
    assert found.get(ExifTags.Base.Artist) == (None if "none" in query else "Ada")


def test_the_map_is_what_the_network_sees(
    client: TestClient, cropper: Cropper, rocket: bytes
) -> None:
    answer = client.post("/v1/map?ratio=1:1", content=rocket)
    assert answer.headers["Content-Type"] == "image/png"
    (logits,) = cropper.maps(cropper.features(open_photo(rocket)), [AspectRatio(1, 1)])
    found = np.asarray(opened(answer.content)) / 255
    assert found == pytest.approx(1 / (1 + np.exp(-logits)), abs=0.002)


def test_the_map_of_a_photo_that_was_seen_needs_no_upload(
    client: TestClient, rocket: bytes
) -> None:
    sent = client.post("/v1/crops?ratio=1:1", content=rocket).json()
    first = client.post("/v1/map?ratio=1.3", content=rocket)
    assert client.post(f"/v1/map?ratio=1.3&photo={sent['photo']}").content == first.content


def test_what_a_picture_lacks_is_in_a_header(client: TestClient) -> None:
    photo = io.BytesIO()
    Image.new("RGBA", (96, 64), (200, 30, 30, 90)).save(photo, "PNG")
    lacking = client.post("/v1/crop?ratio=1:1&format=jpg", content=photo.getvalue())
    words = "transparency was laid over white, as JPEG cannot hold it"
    assert lacking.headers["X-Crop-Warnings"] == words
    whole = client.post("/v1/crop?ratio=1:1&format=png", content=photo.getvalue())
    assert "X-Crop-Warnings" not in whole.headers


def test_the_smallest_of_what_is_accepted_comes_out(client: TestClient, rocket: bytes) -> None:
    url, accept = "/v1/crop?ratio=1:1", "image/avif, image/webp, image/jpeg"
    lengths = {
        kind: len(client.post(url, content=rocket, headers={"Accept": f"image/{kind}"}).content)
        for kind in ("avif", "webp", "jpeg")
    }
    for address in (url, f"{url}&format=auto"):
        answer = client.post(address, content=rocket, headers={"Accept": accept})
        kind = min(lengths, key=lambda one: lengths[one])
        assert answer.headers["Content-Type"] == f"image/{kind}"


def test_a_format_that_would_need_too_much_memory_gives_way(rocket: bytes) -> None:
    size = Size(400, 400)
    most = output_bytes(size, ".jpg")
    assert affordable((".avif", ".jpg"), size, ServiceLimits(max_encoded_bytes=most)) == (".jpg",)


def test_a_photo_is_read_as_asked(client: TestClient, rocket: bytes) -> None:
    cut = rocket[: len(rocket) // 2]
    refused = client.post("/v1/crop?ratio=1:1", content=cut)
    assert refused.status_code == 422
    assert refused.json()["error"]["message"].endswith("use lenient")
    answer = client.post("/v1/crop?ratio=1:1&lenient=true", content=cut)
    assert answer.status_code == 200
    assert "the rest of the picture is grey" in answer.headers["X-Crop-Warnings"]
    odd = client.post("/v1/crop?ratio=1:1&lenient=maybe", content=rocket)
    assert "lenient: must be true or false; got 'maybe'" in odd.json()["error"]["message"]
