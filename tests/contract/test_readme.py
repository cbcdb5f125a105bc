"""What the README shows works as it stands."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from marscrop.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = re.findall(r"^marscrop crop .*$", README, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the photo that the README speaks of."""
    shutil.copy(ROOT / "examples" / "rocket.jpg", tmp_path / "photo.jpg")
    return tmp_path


def test_there_is_something_to_try() -> None:
    assert PYTHON
    assert COMMANDS


@pytest.mark.parametrize("code", PYTHON)
def test_python_example_runs(code: str, folder: Path) -> None:
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", command.split("#")[0].split())
    with pytest.raises(SystemExit) as stop:
        app.main()
    assert stop.value.code == 0


@pytest.mark.parametrize("path", re.findall(r"\]\((?!https?:)([^)#]+)", README))
def test_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
