"""Metrics, OpenAPI, CORS, the page's files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.service.conftest import Serve

import marscrop
from marscrop.service.app import PAGE


def test_metrics_count_by_path_and_status(serve: Serve, rocket: bytes) -> None:
    client = serve()
    client.post("/v1/crops?ratio=1:1", content=rocket)
    client.post("/v1/crops?ratio=1:1", content=b"no image")
    client.get("/no/such/path/1")
    client.get("/no/such/path/2")
    client.request("MADEUP", "/healthz")
    lines = client.get("/metrics").text.splitlines()
    counted = 'marscrop_requests_total{method="POST",path="/v1/crops",status="%d"} 1.0'
    assert counted % 200 in lines
    assert counted % 415 in lines
    assert "marscrop_photos_kept 1.0" in lines
    assert "marscrop_requests_in_flight 0.0" in lines
    assert 'marscrop_request_seconds_count{path="/v1/crops"} 2.0' in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)
    assert not [line for line in lines if "/no/such" in line or "MADEUP" in line]


def test_the_example_of_the_api_is_a_real_answer(client: TestClient, rocket: bytes) -> None:
    api = client.get("/openapi.json").json()
    answers = api["paths"]["/v1/crops"]["post"]["responses"]
    example = answers["200"]["content"]["application/json"]["example"]
    sent = client.post(
        "/v1/crops?ratio=16:9&ratio=1:1", files={"image": ("rocket.jpg", rocket)}
    ).json()
    for written, found in zip(example.pop("crops"), sent.pop("crops"), strict=True):
        assert written["ratio"] == found["ratio"]
        # Processors differ in the last bits of a product; another model needs another example.
        assert written["box"] == pytest.approx(found["box"], abs=2)
        assert written["confidence"] == pytest.approx(found["confidence"], abs=0.01)
    assert example == sent


def test_the_api_names_every_parameter_and_refusal(client: TestClient) -> None:
    api = client.get("/openapi.json").json()
    crops = api["paths"]["/v1/crops"]["post"]
    names = {parameter["name"] for parameter in crops["parameters"]}
    assert {"ratio", "keep", "avoid", "anchor", "fallback", "photo"} <= names
    assert {"image", *names} == set(
        crops["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    )
    assert {"200", "408", "413", "415", "422", "429", "503"} <= set(crops["responses"])


def test_names_that_generated_clients_use_stay(client: TestClient) -> None:
    api = client.get("/openapi.json").json()
    assert api["info"]["version"] == marscrop.__version__
    assert {
        f"{method} {path}": operation["operationId"]
        for path, operations in api["paths"].items()
        for method, operation in operations.items()
    } == {
        "post /v1/crops": "crops_v1_crops_post",
        "post /v1/crop": "crop_v1_crop_post",
        "post /v1/map": "crop_map_v1_map_post",
        "get /healthz": "healthz_healthz_get",
        "get /readyz": "readyz_readyz_get",
        "get /metrics": "metrics_metrics_get",
    }


@pytest.mark.parametrize("path", ["/healthz", "/v1/crop", "/openapi.json", "/docs"])
def test_a_path_with_a_slash_more_is_another_path(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}/", follow_redirects=False)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_it_loads_no_framework_that_it_does_not_use() -> None:
    code = "import sys, marscrop.service.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"fastapi", "pydantic"} & set(loaded.stdout.split())


def test_other_origins_are_let_in_only_if_named(serve: Serve, rocket: bytes) -> None:
    origin = {"Origin": "https://cms.example.com"}
    closed = serve().post("/v1/crops?ratio=1:1", content=rocket, headers=origin)
    assert closed.status_code == 403
    assert "access-control-allow-origin" not in closed.headers
    opened = serve(cors_origins=("https://cms.example.com",))
    answer = opened.post("/v1/crops?ratio=1:1", content=rocket, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://cms.example.com"
    other = opened.post("/v1/crops?ratio=1:1", content=rocket, headers={"Origin": "https://x.org"})
    assert other.status_code == 403
    assert "access-control-allow-origin" not in other.headers


def test_another_method_is_told_so(client: TestClient) -> None:
    answer = client.get("/v1/crops?ratio=1:1")
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method_not_allowed"


def files_of_the_page() -> list[Path]:
    return sorted(path for path in PAGE.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", files_of_the_page(), ids=lambda path: path.name)
def test_the_page_asks_nobody_else(client: TestClient, path: Path) -> None:
    answer = client.get(f"/page/{path.relative_to(PAGE).as_posix()}")
    assert answer.status_code == 200
    if path.suffix in (".html", ".css", ".js"):
        foreign = re.findall(r"""(?:https?:)?//[\w.-]+\.\w{2,}[^\s"')]*""", answer.text)
        assert [url for url in foreign if not url.startswith("http://www.w3.org/")] == []


def test_the_page_is_at_the_root(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "marscrop" in answer.text
