"""What the pages for each trade show works as it stands, on real photos."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

PAGES = sorted({*(ROOT / "docs" / "how-to").glob("*.md")} - {ROOT / "docs/how-to/README.md"})
BY_HAND = ("marscrop review", "marscrop serve", "curl ")
"""Commands that wait for a person, or for one of these."""


def program_of(page: Path) -> str:
    """The page's commands and Python, in their order, as one script of bash."""
    text = page.read_text(encoding="utf-8")
    lines = [
        f'marscrop() {{ {shlex.quote(sys.executable)} -m marscrop "$@"; }}',
        "set -euo pipefail",
    ]
    for language, block in re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL):
        if language == "python":
            lines.append(f"{shlex.quote(sys.executable)} - <<'END'\n{block}END")
        else:
            lines += [line for line in block.splitlines() if not line.startswith(BY_HAND)]
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_of_a_trade_run(page: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    for photo in (ROOT / "examples").glob("*.jpg"):
        shutil.copy(photo, tmp_path / "photos")
    done = subprocess.run(
        ["bash", "-c", program_of(page)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_there_is_a_page_for_each_trade() -> None:
    assert len(PAGES) >= 6
