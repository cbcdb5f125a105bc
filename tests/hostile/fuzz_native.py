"""The native functions, built with sanitizers, on damaged JPEGs and odd sizes.

    PYTHONPATH=. .venv/bin/python tests/hostile/fuzz_native.py [COUNT] [SEED]

Compiles them with AddressSanitizer and UndefinedBehaviorSanitizer (gcc), starts itself anew with
the former loaded first, and decodes COUNT photos damaged at random, each with one to four readers,
some without their header's help. Reads or writes beyond what was allocated, or undefined
arithmetic, end the process with a report.
"""

from __future__ import annotations

import importlib.util
import io
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from marscrop import native
from marscrop.geometry import Size, Window
from marscrop.imaging import formats, resize
from marscrop.imaging.jpeg import eighth
from marscrop.native import binding

NAME = f"{native.__name__}.{binding.NAME}"
_FLAGS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
_BUILT = "MARSCROP_SANITIZED"
_MOST_BYTES = 1 << 24


def seed_photos() -> list[bytes]:
    """All samplings and qualities, with and without restart markers."""
    rng = np.random.default_rng(0)
    made: list[bytes] = []
    for sampling in ("4:4:4", "4:2:2", "4:2:0", "grey"):
        for options in ({"quality": 30}, {"quality": 95}, {"restart_marker_blocks": 3}):
            pixels = rng.integers(60, 200, (75, 90, 3), np.uint8)
            pixels[20:50, 30:70] = 99
            image, buffer = Image.fromarray(pixels), io.BytesIO()
            how: dict[str, Any] = dict(options, optimize=len(made) % 2 == 0)
            if sampling == "grey":
                image = image.convert("L")
            else:
                how["subsampling"] = sampling
            image.save(buffer, "JPEG", **how)
            made.append(buffer.getvalue())
    return made


def damaged(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    scan = changed.index(b"\xff\xda")
    for _ in range(chance.choice((0, 1, 2, 8))):
        start = 2 if chance.random() < 0.4 else scan  # tables and sizes, or data
        changed[chance.randrange(start, len(changed))] = chance.randrange(256)
    if chance.random() < 0.2:
        del changed[chance.randrange(scan, len(changed)) :]
        changed += b"\xff\xd9"
    return bytes(changed)


def decode(content: bytes, threads: int) -> bool:
    """Whether our reader took it."""
    try:
        image: Any = formats.identify(io.BytesIO(content))
    except Exception:  # a header that Pillow refuses
        return False
    found = eighth.decode(image, Size(*image.size), threads, _MOST_BYTES)
    if found is not None:
        assert found.size == tuple(-(-side // 8) for side in image.size)
    return found is not None


def fuzz(count: int, seed: int) -> None:
    spec = importlib.util.spec_from_file_location(NAME, os.environ[_BUILT])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = sanitized = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sanitized)
    assert native.library() is sanitized
    eighth._LEAST_BYTES_A_THREAD = 40  # type: ignore[misc]
    chance, photos = random.Random(seed), seed_photos()  # noqa: S311
    taken = 0
    for _ in range(count):
        content = damaged(chance.choice(photos), chance)
        taken += decode(content, chance.randint(1, 4))
        width, height, across, down = (chance.randint(1, 80) for _ in range(4))
        image = Image.fromarray(np.zeros((height, width, 3), np.uint8))
        inset = chance.random() / 2
        resize.resize_rgb(image, Size(across, down), Window(inset, inset, width, height - inset))
    print(f"{count} damaged photos: {taken} read here, the others left to Pillow")


def main() -> None:
    count, seed = (int(value) for value in [*sys.argv[1:], "10000", "0"][:2])
    if _BUILT in os.environ:
        fuzz(count, seed)
        return
    runtime = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CC"] = "gcc"
        environment = {
            **os.environ,
            _BUILT: str(binding.compiled(Path(folder), *_FLAGS)),
            "LD_PRELOAD": runtime,
            "PYTHONMALLOC": "malloc",  # so that each allocation has its own limits
            "ASAN_OPTIONS": "detect_leaks=0",  # of Python itself
        }
        raise SystemExit(subprocess.run([sys.executable, *sys.argv], env=environment).returncode)


if __name__ == "__main__":
    main()
