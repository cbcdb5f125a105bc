"""What the README shows works as it stands."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^marscrop crop .*$", README, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the photo that the README speaks of, and a folder of photos."""
    shutil.copy(ROOT / "examples" / "rocket.jpg", tmp_path / "photo.jpg")
    (tmp_path / "photos").mkdir()
    shutil.copy(ROOT / "examples" / "cat.jpg", tmp_path / "photos")
    return tmp_path


def test_there_is_something_to_try() -> None:
    assert PYTHON
    assert COMMANDS


@pytest.mark.parametrize("code", PYTHON)
def test_python_example_runs(code: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command: str, folder: Path) -> None:
    program = f'marscrop() {{ {shlex.quote(sys.executable)} -m marscrop "$@"; }}'
    subprocess.run(["bash", "-c", f"{program}\n{command}"], cwd=folder, check=True)


def test_json_is_what_the_command_prints(folder: Path) -> None:
    (shown,) = map(json.loads, re.findall(r"```json\n(.*?)```", README, re.DOTALL))
    command = [sys.executable, "-m", "marscrop", "crop", "photo.jpg", "-r", "16:9", "--json"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    printed = json.loads(done.stdout)
    for table in (shown, printed):
        assert isinstance(table["crops"][0].pop("confidence"), float)
    assert printed == shown


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
