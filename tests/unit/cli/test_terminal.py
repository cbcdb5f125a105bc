"""What a person at a terminal sees beside crops: help, completion, progress, quiet."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Cli, Result

from marscrop import __version__
from marscrop.cli.progress import Progress


def test_help_names_what_people_use_first(cli: Cli) -> None:
    listed = cli("--help").out.split("Commands:\n")[1]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
    assert names[0] == "crop"
    assert names.index("serve") < names.index("doctor") < names.index("bench")


def test_short_version(cli: Cli) -> None:
    assert cli("-V") == Result(0, f"marscrop {__version__}\n", "")


def test_a_photo_in_place_of_a_command_is_told(cli: Cli, examples: Path) -> None:
    result = cli(examples / "cat.jpg", "-r", "1:1")
    assert result.code == 2
    assert f"Did you mean 'crop {examples / 'cat.jpg'}'?" in result.err


def test_quiet_prints_errors_only(cli: Cli, examples: Path, tmp_path: Path) -> None:
    photo, out = examples / "cat.jpg", tmp_path / "out"
    assert cli("crop", photo, "-r", "1200x630", "-o", out, "--quiet") == Result(0, "", "")
    failed = cli("crop", photo, tmp_path / "missing.jpg", "-r", "1:1", "-o", out, "-q")
    assert (failed.code, failed.out) == (1, "")
    assert failed.err == f"marscrop: {tmp_path / 'missing.jpg'}: no such file\n"
    assert cli("crop", photo, "-r", "1:1", "--json", "-q").out.startswith("{")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(cli: Cli, shell: str, tmp_path: Path) -> None:
    result = cli("completion", shell)
    assert result.code == 0
    assert "_MARSCROP_COMPLETE" in result.out
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here to read it")
    script = tmp_path / "script"
    script.write_text(result.out)
    subprocess.run([shell, "-n", script], check=True, timeout=60)


def test_unknown_shell_is_wrong_usage(cli: Cli) -> None:
    assert cli("completion", "tcsh").code == 2


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("marscrop comp", {"completion"}),
        ("marscrop crop --skip", {"--skip-existing"}),
        ("marscrop crop a.jpg -r squ", {"square"}),
        ("marscrop crop a.jpg -r og,ori", {"og,original"}),
    ],
)
def test_words_are_completed(words: str, completed: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from marscrop.cli.app import app; app(prog_name='marscrop')"],
        env={
            **os.environ,
            "_MARSCROP_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == completed


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal() -> None:
    terminal = Terminal()
    with Progress(terminal, 3) as progress:
        for failed in (False, True, False):
            progress.clear()
            progress.photo(failed=failed)
    text = terminal.getvalue()
    assert "\r1/3  " in text
    assert "2/3  " in text
    assert "1 failed" in text
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_no_progress_in_a_log_or_of_one_photo(stream: io.StringIO) -> None:
    with Progress(stream, 1 if stream.isatty() else 3) as progress:
        progress.photo(failed=False)
    assert stream.getvalue() == ""
