"""Runs the steps of the Dockerfile without Docker, and what comes of them as `docker run` would.

scripts/try_dockerfile.py WORK [--base FOLDER]

Each stage is a folder in WORK: a clean Debian of the release that its base image names
(scripts/clean-root makes it, or FOLDER is copied), in which RUN, COPY, WORKDIR, USER and ENV are
done by chroot. The last one is then started read-only, with a /tmp, as its own user, with no
capabilities; its HEALTHCHECK must pass, a photo is cropped over HTTP, and STOPSIGNAL must end it.

What differs from the image: Debian's own Python of the release instead of the one that `python:*`
builds from source, and the host's network. Needs root, debootstrap and Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
PHOTO: Final = ROOT / "examples" / "astronaut.jpg"
ADDRESS: Final = "http://127.0.0.1:8000"
"""Where the image's service listens."""

PASSED_ON: Final = re.compile(r"(?:PIP_|(?:HTTPS?|NO)_PROXY$|SSL_CERT_FILE$)", re.IGNORECASE)
"""Variables of this machine that say how it reaches package indexes."""

_BASE: Final = re.compile(r"python:[\d.]+-slim-([a-z]+)")
_START_SECONDS: Final = 60
_STOP_SECONDS: Final = 30
_SIGNALLED: Final = 128
"""Added to a signal, the exit code of a program that it ended."""


class Step(NamedTuple):
    """An instruction of a Dockerfile: `word` in capitals, and what follows it on its line."""

    word: str
    rest: str


@dataclass
class Stage:
    """What lies between two FROM.

    Attributes:
        base: the image that it begins with.
        name: what COPY --from calls it; its number where it has none.
        steps: its instructions in their order.
    """

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Image:
    """What `docker run` would know of a stage.

    Attributes:
        root: the folder with its files.
        env: its variables.
        folder: where commands begin.
        user: as USER says, number or name; "0" before.
        entrypoint, healthcheck: words of these commands.
        stop: the signal that ends it.
    """

    root: Path
    env: Mapping[str, str]
    folder: str = "/"
    user: str = "0"
    entrypoint: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()
    stop: str = "SIGTERM"


def stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile.

    Raises:
        ValueError: an instruction before the first FROM.
    """
    found: list[Stage] = []
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        step = Step(word.upper(), rest.strip())
        if step.word == "FROM":
            base, *named = re.split(r"\s+AS\s+", step.rest, flags=re.IGNORECASE)
            found.append(Stage(base, named[0] if named else str(len(found))))
        elif step.word and not found:
            raise ValueError(f"{step.word} comes before FROM")
        elif step.word:
            found[-1].steps.append(step)
    return found


def in_context(names: Iterable[str], ignored: str) -> Iterator[str]:
    """The files that COPY sees: those that the last matching line of a .dockerignore leaves in.

    Args:
        names: paths in the repository.
        ignored: the text of the .dockerignore.
    """
    rules = [
        (not line.startswith("!"), _pattern(line.lstrip("!").strip("/")))
        for line in map(str.strip, ignored.splitlines())
        if line and not line.startswith("#")
    ]
    for name in names:
        out = False
        for leaves_out, pattern in rules:
            if pattern.fullmatch(name):
                out = leaves_out
        if not out:
            yield name


def _pattern(glob: str) -> re.Pattern[str]:
    """A path that a line of a .dockerignore is about, or whatever is in it."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    words = re.split(r"(\*\*/|\*\*|\*|\?)", glob)
    return re.compile("".join(parts.get(w, re.escape(w)) for w in words) + "(?:/.*)?")


def build(text: str, work: Path, base: Path | None = None) -> Image:
    """The last stage of a Dockerfile, each stage built in a folder of `work`.

    Args:
        text: of the Dockerfile.
        work: where the stages' folders are made; those of an earlier run are replaced.
        base: a folder that scripts/clean-root has made, for each stage to begin with.

    Raises:
        ValueError: an instruction that this program does not know.
        subprocess.CalledProcessError: a step fails.
    """
    built: dict[str, Image] = {}
    image = None
    for stage in stages(text):
        root = work / stage.name
        print(f"FROM {stage.base}", flush=True)
        shutil.rmtree(root, ignore_errors=True)
        if base is None:
            base = work / "base"
            if not base.exists():
                release = _BASE.fullmatch(stage.base)
                if release is None:
                    raise ValueError(f"{stage.base} names no release of Debian")
                _run([ROOT / "scripts" / "clean-root", base, release.group(1)])
        _run(["cp", "--archive", base, root])
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        image = Image(root, {"PATH": path, "HOME": "/root"})
        for step in stage.steps:
            print(f"{step.word} {step.rest}", flush=True)
            image = _done(step, image, built)
        built[stage.name] = image
    if image is None:
        raise ValueError("no stage")
    return image


def _done(step: Step, image: Image, built: Mapping[str, Image]) -> Image:
    """The image after one more step."""
    match step.word:
        case "RUN":
            _run(_command(image, ["/bin/sh", "-c", step.rest]), env=_build_env(image))
        case "COPY":
            _copy(step.rest, image, built)
        case "WORKDIR":
            folder = os.path.normpath(Path(image.folder, step.rest))
            _inside(image, folder).mkdir(parents=True, exist_ok=True)
            return replace(image, folder=folder)
        case "USER":
            return replace(image, user=step.rest)
        case "ENV":
            env = dict(image.env)
            for word in shlex.split(step.rest):
                name, _, value = word.partition("=")
                env[name] = re.sub(r"\$(\w+)", lambda m: image.env.get(m.group(1), ""), value)
            return replace(image, env=env)
        case "ENTRYPOINT":
            return replace(image, entrypoint=tuple(json.loads(step.rest)))
        case "HEALTHCHECK":
            return replace(image, healthcheck=tuple(json.loads(step.rest.partition("CMD ")[2])))
        case "STOPSIGNAL":
            return replace(image, stop=step.rest)
        case "EXPOSE":
            pass
        case _:
            raise ValueError(f"{step.word} is not known here")
    return image


def _copy(rest: str, image: Image, built: Mapping[str, Image]) -> None:
    *sources, target = (word for word in rest.split() if not word.startswith("--"))
    place = _inside(image, os.path.normpath(Path(image.folder, target)))
    origin = re.search(r"--from=(\S+)", rest)
    if origin:
        for source in sources:
            place.parent.mkdir(parents=True, exist_ok=True)
            _run(
                [
                    "cp",
                    "--archive",
                    "--no-target-directory",
                    _inside(built[origin[1]], source),
                    place,
                ]
            )
    elif sources == ["."]:
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for name in in_context(names.strip("\0").split("\0"), (ROOT / ".dockerignore").read_text()):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    else:
        raise ValueError(f"COPY {rest} is not known here")


def _inside(image: Image, path: str | Path) -> Path:
    return image.root / str(path).lstrip("/")


def _build_env(image: Image) -> dict[str, str]:
    return {**{n: v for n, v in os.environ.items() if PASSED_ON.match(n)}, **image.env}


def _command(image: Image, words: Iterable[str], *, read_only: bool = False) -> list[str]:
    """A command in the image's files, folder and user, in mounts of its own that go with it.

    Read-only is as `docker run --read-only --tmpfs /tmp --cap-drop ALL`.
    """
    root = shlex.quote(str(image.root))
    mounts = [f"mount --bind {root} {root}", f"mount -t proc proc {root}/proc"]
    if read_only:
        temporary = shlex.quote(str(image.root / "tmp"))
        mounts += [f"mount -t tmpfs none {temporary}", f"mount -o remount,ro,bind {root}"]
    inner = f"cd {shlex.quote(image.folder)} && exec {shlex.join(words)}"
    rights = [f"--reuid={image.user}", f"--regid={image.user}", "--clear-groups"]
    if read_only:
        rights += ["--bounding-set=-all", "--no-new-privs"]
    enter = ["chroot", str(image.root), "setpriv", *rights, "/bin/sh", "-c", inner]
    return ["unshare", "--mount", "sh", "-c", " && ".join([*mounts, f"exec {shlex.join(enter)}"])]


def _run(words: Iterable[str | Path], env: Mapping[str, str] | None = None) -> None:
    subprocess.run(list(words), env=env, check=True, stdin=subprocess.DEVNULL)


def try_image(image: Image) -> None:
    """Start its service, ask for its health and for a crop, and stop it.

    Raises:
        AssertionError: it does not do what it should.
    """
    env = {**image.env, "HOME": "/"}
    service = subprocess.Popen(_command(image, image.entrypoint, read_only=True), env=env)
    try:
        health = _command(image, image.healthcheck, read_only=True)
        end = time.monotonic() + _START_SECONDS
        while subprocess.run(health, env=env, capture_output=True, check=False).returncode:
            assert service.poll() is None, f"the service ended with {service.returncode}"
            assert time.monotonic() < end, "the service did not become healthy"
            time.sleep(0.5)
        print("healthy", flush=True)
        ids = (Path("/proc") / str(service.pid) / "status").read_text()
        owner = re.search(r"^Uid:\s+(\d+)", ids, re.MULTILINE)
        assert owner
        assert owner[1] == image.user.partition(":")[0], "the service has another user"
        boxes = json.loads(_answer("/v1/crops?ratio=16:9&ratio=1:1"))
        print(json.dumps(boxes), flush=True)
        assert [crop["ratio"] for crop in boxes["crops"]] == ["16:9", "1:1"]
        width, height = _png_size(_answer("/v1/crop?ratio=1:1&width=200", "image/png"))
        print(f"a crop of {width} x {height} pixels", flush=True)
        assert width == height == 200
    finally:
        stop = signal.Signals[image.stop]
        service.send_signal(stop)
        code = service.wait(timeout=_STOP_SECONDS)
    print(f"{image.stop}: exit code {code}", flush=True)
    assert code in (0, _SIGNALLED + stop)


def _answer(path: str, accept: str = "application/json") -> bytes:
    headers = {"Accept": accept, "Content-Type": "image/jpeg"}
    request = urllib.request.Request(ADDRESS + path, PHOTO.read_bytes(), headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        content: bytes = response.read()
    return content


def _png_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("work", type=Path, help="folder for the stages")
    parser.add_argument("--base", type=Path, help="folder that scripts/clean-root has made")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    image = build((ROOT / "Dockerfile").read_text(), given.work.resolve(), given.base)
    try_image(image)
    return 0


if __name__ == "__main__":
    sys.exit(main())
