"""Does a newcomer's five tasks in a clean place, and writes docs/first-time.md of what was seen.

.venv/bin/python scripts/first_time.py              in a new folder, with an empty environment
.venv/bin/python scripts/first_time.py --root ROOT  in a system of its own, which ROOT holds

A system of its own is what `debootstrap --variant=minbase --include=python3-venv,ca-certificates
bookworm ROOT` makes; it takes root's rights. In it is a fresh clone of the last commit, and nothing
else of this folder. What is typed is what README.md and `--help` say; a person's part of the review
is done by Chromium. A task that is not done at the end stops the script, and nothing is written.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

from PIL import Image
from playwright.sync_api import expect, sync_playwright

ROOT: Final = Path(__file__).parent.parent
DOCUMENT: Final = ROOT / "docs" / "first-time.md"
PHOTOS: Final = 4
ACTIVATE: Final = ". ~/marscrop-env/bin/activate"
LONGEST: Final = 150
"""Of the transcript's lines, in letters."""


class Place:
    """A clean place: a home, and an environment with nothing of the caller's but its network."""

    def __init__(self, home: Path, root: Path | None) -> None:
        """A place.

        Args:
            home: an empty folder.
            root: of the system that it lies in; None for this one.
        """
        self.home = home
        self._inside = f"/{home.relative_to(root)}" if root else str(home)
        network = re.compile(r"PIP_|SSL_|(https?|no)_proxy$", re.IGNORECASE)
        passed = [f"{name}={value}" for name, value in os.environ.items() if network.match(name)]
        path = "PATH=/usr/local/bin:/usr/bin:/bin"
        clean = ["env", "-i", f"HOME={self._inside}", path, "LANG=C.UTF-8", *passed]
        self._shell = [*(["chroot", str(root)] if root else []), *clean, "bash", "-c"]

    def command(self, line: str) -> list[str]:
        """The program that runs a line of the newcomer's shell, in their home.

        The environment of marscrop is active, once it is there.
        """
        return [*self._shell, f"cd; if [ -d marscrop-env ]; then {ACTIVATE}; fi; {line}"]

    def run(self, line: str) -> tuple[str, int]:
        """What a line says, and its exit code."""
        done = subprocess.run(
            self.command(line), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        return done.stdout.replace(self._inside, "~"), done.returncode


class Step(NamedTuple):
    """One line that a newcomer types.

    Attributes:
        line: of the shell.
        source: where they had it from; "" where it is a look at what came of the last one.
        code: that it is to exit with.
        most: lines of what it says that are shown; below 0, of its end.
    """

    line: str
    source: str = ""
    code: int = 0
    most: int = 12


class Task(NamedTuple):
    """A task, and how it is seen to be done."""

    title: str
    steps: tuple[Step, ...]
    is_done: Callable[[Path], bool]


def sizes(folder: Path) -> list[tuple[int, int]]:
    """The sizes of the JPEGs in a folder [px]."""
    found = []
    for path in sorted(folder.glob("*.jpg")):
        with Image.open(path) as image:
            found.append(image.size)
    return found


def rows(path: Path) -> list[Any]:
    """The lines of a file of JSON."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


TASKS: Final = (
    Task(
        "Install",
        (
            Step("cd marscrop && scripts/demo ~/photos/cat.jpg", "README, Install"),
            Step("cd marscrop && python3 -m venv ~/marscrop-env", "README, Install"),
            Step(f"cd marscrop && {ACTIVATE} && pip install '.[batch,serve]'", "README", most=-1),
            Step("marscrop --help", "habit", most=16),
        ),
        lambda home: len(sizes(home / "marscrop/examples/crops")) == 3,
    ),
    Task(
        "Crop a folder to three ratios",
        (
            Step("marscrop crop photos -r 16:9,1:1,4:5 -o crops", "README, One command"),
            Step("ls crops"),
        ),
        lambda home: len(sizes(home / "crops")) == 3 * PHOTOS,
    ),
    Task(
        "Make Open Graph images of 1200 x 630",
        (
            Step("marscrop crop photos -r 1200x630 -o og", "README, One command"),
            Step("marscrop crop photos -r 1200x630 -o og --enlarge", "these warnings", code=1),
            Step("marscrop crop photos -r 1200x630 -o og --enlarge --overwrite", "these errors"),
        ),
        lambda home: sizes(home / "og") == [(1200, 630)] * PHOTOS,
    ),
    Task(
        "Feed a content management system focal points",
        (
            Step("marscrop crop --help | grep -A 2 -e --focal", "README, One command"),
            Step("marscrop crop photos -r 1:1 --json --focal > points.jsonl", "README"),
            Step("""grep -o '"focal".*' points.jsonl"""),
        ),
        lambda home: (
            [0 <= at <= 1 for row in rows(home / "points.jsonl") for at in row["focal"]]
            == [True] * 2 * PHOTOS
        ),
    ),
    Task(
        "Crop in a pipe",
        (
            Step(
                "cat photos/rocket.jpg | marscrop crop - -r 16:9 -o - > wide.jpg",
                "README, One command",
            ),
        ),
        lambda home: sizes(home) == [(630, 354)],
    ),
    Task(
        "Crop a library, review it and correct it",
        (
            Step("marscrop batch photos -r 16:9,1:1 -o library", "README, One command"),
            Step("marscrop review library", "README, One command"),
            Step("ls library"),
            Step("marscrop batch photos -r 16:9,1:1 -o library", "curiosity"),
        ),
        lambda home: (
            sorted(str(row["state"]) for row in rows(home / "library/manifest.jsonl"))
            == ["None"] * (2 * PHOTOS - 3) + ["accepted", "changed", "rejected"]
        ),
    ),
)


def perform(place: Place, task: Task) -> Iterator[str]:
    """The transcript of a task, as it is done, in lines.

    Raises:
        SystemExit: it did not come out as it should.
    """
    yield f"\n## {task.title}\n"
    for step in task.steps:
        is_review = step.line.startswith("marscrop review")
        said, code = reviewed(place, step.line) if is_review else place.run(step.line)
        if code != step.code:
            sys.exit(f"{step.line}: exit code {code}, not {step.code}:\n{said}")
        if step.source:
            yield f"From {step.source}:\n"
        yield f"```console\n$ {step.line}"
        yield from shown(said.splitlines(), step.most)
        if code:
            yield f"(exit code {code})"
        yield "```\n"
    if not task.is_done(place.home):
        sys.exit(f"{task.title}: is not done")


def shown(lines: list[str], most: int) -> list[str]:
    """So many lines, or of their end, none too long."""
    fitting = [line if len(line) <= LONGEST else f"{line[: LONGEST - 4]} ..." for line in lines]
    if len(fitting) <= abs(most):
        return fitting
    left = f"... ({len(fitting) - abs(most)} lines)"
    return [*fitting[:most], left] if most > 0 else [left, *fitting[most:]]


def reviewed(place: Place, line: str) -> tuple[str, int]:
    """What a review says, whose page a person uses by keys."""
    command = place.command(f"exec {line} --no-browser")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        stderr = cast("IO[str]", server.stderr)
        said = stderr.readline()
        address = re.search(r"http://\S+", said)
        if address is None:
            return said + stderr.read(), server.wait()
        use(address[0])
        server.send_signal(signal.SIGINT)
        said = said.replace(address[0], "http://127.0.0.1:PORT/?key=KEY")
        said += "[in the browser: A accepts, X rejects, - makes the next smaller; then Ctrl-C]\n"
        return said + stderr.read(), server.wait()


def use(address: str) -> None:
    """Accept a crop on the page of a review, reject one, and change one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        expect(page.locator(".card").nth(0)).to_be_focused(timeout=30_000)
        for index, key in enumerate("ax-", 1):
            page.keyboard.press(key)
            expect(page.locator("#progress")).to_have_text(f"{index} of {2 * PHOTOS} reviewed")
        expect(page.locator("#saving")).to_have_text("All written", timeout=30_000)
        browser.close()


def head(place: Place, of_system: bool) -> str:
    """What the document begins with."""
    system, _ = place.run(". /etc/os-release; echo $PRETTY_NAME, $(python3 --version)")
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    how = "a fresh system, made by debootstrap" if of_system else "a fresh home"
    day = f"{datetime.datetime.now(tz=datetime.UTC):%d %B %Y}"
    return f"""# First-time success: five tasks, by README and `--help` alone

Written on {day} by `.venv/bin/python scripts/first_time.py`, which types
these lines in {how} ({system.strip()}), with a
fresh clone of commit {commit} and the four photos of [examples](../examples/README.md), and
checks what came of each task. Above a line stands where it was from. Once marscrop is installed,
its environment is active.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="A newcomer's tasks in a clean place.")
    parser.add_argument("--root", type=Path, help="a system of its own")
    root = parser.parse_args().root
    root = root and root.resolve()
    if root and not (root / "proc/cpuinfo").exists():
        parser.error(f"nothing is mounted at {root}/proc: mount -t proc proc {root}/proc")
    # A newcomer's Ctrl-C is heard, though whoever starts this in the background may ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(dir=root and root / "root") as folder:
        place = Place(Path(folder).resolve(), root)
        clone = ["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", f"{folder}/marscrop"]
        subprocess.run(clone, check=True)
        (place.home / "photos").mkdir()
        for photo in (place.home / "marscrop/examples").glob("*.jpg"):
            shutil.copy(photo, place.home / "photos")
        text = head(place, root is not None)
        for task in TASKS:
            print(task.title, file=sys.stderr)
            text += "\n".join(perform(place, task)) + "\n"
    DOCUMENT.write_text(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
