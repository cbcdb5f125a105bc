"""The same crops as ever: compared with golden files that `tests.golden.record` wrote."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.golden.questions import answers

from marscrop import Cropper

FOLDER = Path(__file__).parent
SHARED = ROOT.parent / "shared"


def golden(name: str) -> list[Any]:
    """A photo's path, and its answers by the name of the options."""
    lines = [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]
    return [
        pytest.param(photo, {options: answer for _, options, answer in those}, id=Path(photo).stem)
        for photo, those in groupby(lines, key=lambda line: str(line[0]))
    ]


@pytest.mark.parametrize(("photo", "expected"), golden("examples.jsonl"))
def test_example_is_cropped_as_ever(photo: str, expected: dict[str, Any], cropper: Cropper) -> None:
    assert dict(answers(ROOT / photo, cropper)) == expected


@pytest.mark.parametrize(("photo", "expected"), golden("shared.jsonl"))
def test_photo_is_cropped_as_ever(photo: str, expected: dict[str, Any], cropper: Cropper) -> None:
    if not (SHARED / photo).exists():
        pytest.skip(f"{photo} is not here: the data lie beside the repository in ../shared")
    assert dict(answers(SHARED / photo, cropper)) == expected
