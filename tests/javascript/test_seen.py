"""What JavaScript's tests compare with is what Python sees."""

from __future__ import annotations

import json

import pytest
from tests.javascript.pictures import CASES
from tests.javascript.seen import FILE, seen

from marscrop import Cropper


@pytest.mark.parametrize("number", range(len(CASES)))
def test_file_for_javascript_says_what_python_sees(number: int, cropper: Cropper) -> None:
    recorded = json.loads(FILE.read_text(encoding="utf-8"))[number]

    assert json.loads(json.dumps(seen(CASES[number], cropper))) == recorded
