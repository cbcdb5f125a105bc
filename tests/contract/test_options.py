"""An option is told in one source file, and every front has it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripts.options_table import README, with_table

import marscrop
from marscrop.options import OPTIONS, CropKeywords

ROW = """
    whim: Annotated[
        int,
        Option(
            help=("As you like it, but for ", Mention("min_size"), "."),
            kind=int,
            expected="must be a whole number from 2 to 7",
            least=2,
            most=7,
            example="5",
        ),
    ] = 3

    def __post_init__(self) -> None:
"""

FRONTS = """
import io, json
from contextlib import redirect_stdout
from marscrop import Cropper, OptionError
from marscrop.cli import app
from marscrop.options import CropOptions
from marscrop.spelling import on_command_line
from scripts.options_table import table

def helped(command):
    import sys
    sys.argv = ["marscrop", command, "--help"]
    with redirect_stdout(io.StringIO()) as out:
        try:
            app.main()
        except SystemExit:
            pass
    return " ".join(out.getvalue().split())

def refused():
    try:
        Cropper().crop("no photo", "1:1", whim=8)
    except OptionError as error:
        return [str(error), error.text(on_command_line)]

found = {
    "python": CropOptions.parse(whim=4).whim,
    "refused": refused(),
    "crop": helped("crop"),
    "batch": helped("batch"),
    "readme": table(),
}
try:
    from marscrop.service.app import create_app
except ModuleNotFoundError:
    found["http"] = None
else:
    from starlette.testclient import TestClient
    with TestClient(create_app(), base_url="http://localhost") as client:
        paths = client.get("/openapi.json").json()["paths"]
        answer = client.post("/v1/crops?ratio=1:1&whim=8", content=b"x").json()
    found["http"] = {
        path: [p for p in paths[path]["post"]["parameters"] if p["name"] == "whim"]
        for path in ("/v1/crops", "/v1/crop")
    }
    found["http refused"] = answer["error"]["message"]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the package shows once `whim` stands in its options.py, and nowhere else."""
    folder = tmp_path_factory.mktemp("copy")
    package = folder / "marscrop"
    shutil.copytree(Path(marscrop.__file__).parent, package, ignore=shutil.ignore_patterns("*.pyc"))
    options = package / "options.py"
    text = options.read_text(encoding="utf-8")
    assert text.count("\n    def __post_init__(self) -> None:\n") == 1
    options.write_text(
        text.replace("\n    def __post_init__(self) -> None:\n", ROW), encoding="utf-8"
    )
    paths = os.pathsep.join(map(str, (folder, README.parent)))
    done = subprocess.run(
        [sys.executable, "-c", FRONTS],
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_python_takes_it_and_names_it_where_it_is_wrong(fronts: dict[str, Any]) -> None:
    assert fronts["python"] == 4
    assert fronts["refused"] == [
        "whim must be a whole number from 2 to 7; got 8",
        "--whim must be a whole number from 2 to 7; got 8",
    ]


@pytest.mark.parametrize("command", ["crop", "batch"])
def test_the_command_line_has_a_flag(fronts: dict[str, Any], command: str) -> None:
    assert "--whim INTEGER As you like it, but for --min-size. Default: 3." in fronts[command]


def test_http_has_a_parameter_and_tells_its_range(fronts: dict[str, Any]) -> None:
    if fronts["http"] is None:
        pytest.skip("the extra `serve` is not installed")
    for parameters in fronts["http"].values():
        (parameter,) = parameters
        assert parameter["description"] == "As you like it, but for min_size. Default: 3."
        schema = {"type": "integer", "minimum": 2, "maximum": 7, "examples": [5]}
        assert parameter["schema"] == schema
    assert fronts["http refused"] == "whim must be a whole number from 2 to 7; got 8"


def test_the_readme_would_have_a_row(fronts: dict[str, Any]) -> None:
    row = "| `whim` | As you like it, but for min_size. Default: 3. | `--whim 5` |"
    assert row in fronts["readme"].splitlines()


def test_type_checkers_know_the_same_names() -> None:
    assert list(CropKeywords.__annotations__) == list(OPTIONS)


def test_the_readme_has_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "run scripts/options_table.py"
