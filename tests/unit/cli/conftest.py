"""The command line in this process: arguments in; exit code, stdout and stderr out."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from marscrop.cli.app import main


@dataclass(frozen=True)
class Result:
    """What a shell would see."""

    code: int
    out: str
    err: str


class Cli:
    """`cli("crop", photo, "-r", "1:1")` runs that command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: object) -> Result:
        self._monkeypatch.setattr(sys, "argv", ["marscrop", *map(str, arguments)])
        self._capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line."""
    return Cli(capsys, monkeypatch)
