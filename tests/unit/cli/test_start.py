"""The process of a command: how it begins, and that nothing is lost at its quick end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CAT = Path(__file__).parents[3] / "examples" / "cat.jpg"


def run(code: str) -> subprocess.CompletedProcess[str]:
    """A process that starts with a command of one's own in place of `main`."""
    script = f"import gc, sys\nfrom marscrop.cli import app, process, start\n{code}\nstart.start()"
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["crop", CAT, "-r", "1:1", "--json"], 0),
        (["--version"], 0),
        (["crop", "nothing.jpg", "-r", "1:1", "--json"], 1),
        (["crop", CAT, "-r", "none", "--json"], 2),
    ],
)
def test_exit_codes_are_those_of_the_command(arguments: list[str | Path], code: int) -> None:
    command = [sys.executable, "-m", "marscrop", *arguments]
    assert subprocess.run(command, capture_output=True, check=False).returncode == code


@pytest.mark.parametrize(
    ("end", "code"), [("sys.exit()", 0), ("sys.exit(3)", 3), ("sys.exit('why')", 1), ("1 / 0", 1)]
)
def test_what_others_do_at_the_end_is_done_and_what_was_said_is_written(
    end: str, code: int
) -> None:
    done = run(
        "import atexit, threading, time\n"
        "def main():\n"
        "    atexit.register(print, 'at the end')\n"
        "    threading.Thread(target=lambda: (time.sleep(0.1), print('from a thread'))).start()\n"
        f"    print('said', end='')\n    {end}\n"
        "app.main = main"
    )
    assert done.returncode == code
    assert done.stdout.startswith("said")
    assert sorted(done.stdout[4:].split("\n")) == ["", "at the end", "from a thread"]
    assert ("why" in done.stderr, "ZeroDivisionError" in done.stderr) == (
        end == "sys.exit('why')",
        end == "1 / 0",
    )


def test_what_cannot_be_written_is_told() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no /dev/full here")
    script = "from marscrop.cli import app, start\napp.main = lambda: print('lost')\nstart.start()"
    with full.open("w") as out:
        done = subprocess.run(
            [sys.executable, "-c", script],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode
    assert "No space left" in done.stderr


def test_garbage_is_looked_for_once_the_command_is_known() -> None:
    done = run(
        "def main():\n"
        "    before = gc.isenabled()\n"
        "    process.look_for_garbage()\n"
        "    with process.importing():\n"
        "        within = gc.isenabled()\n"
        "    print(before, within, gc.isenabled())\n"
        "app.main = main"
    )
    assert done.stdout.split() == ["False", "False", "True"]


@pytest.mark.parametrize("told", [None, "3"])
def test_products_have_one_thread_unless_told_otherwise(told: str | None) -> None:
    done = run(
        "import os\n"
        f"os.environ.pop('OPENBLAS_NUM_THREADS', None) if {told is None} else "
        f"os.environ.update(OPENBLAS_NUM_THREADS='{told}')\n"
        "def main():\n"
        "    process.look_for_garbage()\n"
        "    with process.importing():\n"
        "        print(os.environ['OPENBLAS_NUM_THREADS'])\n"
        "app.main = main"
    )
    assert done.stdout.split() == [told or "1"]


def test_garbage_is_looked_for_after_an_import_that_fails() -> None:
    done = run(
        "def main():\n"
        "    try:\n"
        "        with process.importing():\n"
        "            import no_such_module\n"
        "    except ModuleNotFoundError:\n"
        "        print(gc.isenabled())\n"
        "app.main = main"
    )
    assert done.stdout.split() == ["True"]
