"""What the children of `hostile_many.py` do with each input."""

from __future__ import annotations

import contextlib
import io
import os
import re
import resource
import sys
import tempfile
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from marscrop.imaging.photo_suffixes import PHOTO_SUFFIXES

__all__ = ["PHOTO_SUFFIXES", "peak_mb", "use_command_line", "use_library"]

THREADS: Final = 8
_BYTES_A_THREAD: Final = 20
_HARD_BYTES: Final = 2_000_000_000
_FIRST_FAULT: Final = re.compile(r"(truncated or corrupt: Invalid input): .*")
_EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "rocket.jpg"


def peak_mb(process: int | str = "self") -> int:
    """The most memory that a process had at once."""
    match = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(match[1]) // 1000 if match else 0


def use_library(pipe: Connection) -> None:
    """Contents in; what is wrong, whether it was answered, processor's seconds and peak out."""
    from marscrop import Cropper, native
    from marscrop.imaging.jpeg import eighth

    warnings.simplefilter("ignore")
    _quiet()
    resource.setrlimit(resource.RLIMIT_DATA, (_HARD_BYTES, _HARD_BYTES))
    eighth._LEAST_BYTES_A_THREAD = _BYTES_A_THREAD  # type: ignore[misc]
    with_c, without_c = native.library, lambda: None
    assert with_c() is not None, "the parts in C are not built"
    cropper = Cropper(threads=1)
    cropper.crop(_EXAMPLE, ["1:1", "16:9"])
    pipe.send("ready")
    while True:
        content = pipe.recv()
        Path("/proc/self/clear_refs").write_text("5")
        began = time.process_time()
        found = _outcome(cropper, content)
        seconds, peak = time.process_time() - began, peak_mb()
        wrong = _misshapen(found)
        native.library = without_c  # type: ignore[assignment]
        other, pixels = _outcome(cropper, content), _pixels(cropper, content, 1)
        native.library = with_c
        if other != found:
            wrong = f"{found} with the parts in C, {other} without"
        for threads in (1, THREADS):
            if (ours := _pixels(cropper, content, threads)) != pixels:
                wrong = f"other pixels with {threads} threads: {ours} {pixels}"[:500]
        pipe.send((wrong, isinstance(found, list), seconds, peak))


def _outcome(cropper: Any, content: bytes) -> Any:
    """Size, boxes and confidence, or the error's words."""
    from marscrop import MarscropError

    try:
        photo = cropper.open(content)
        (crop,) = cropper.crop(content, "1:1")
    except MarscropError as error:
        return _words(error)
    return [tuple(photo.size), tuple(crop.box), crop.confidence]


def _misshapen(found: Any) -> str:
    if isinstance(found, str):
        return f"not one line: {found!r}" if "\n" in found else ""
    (width, height), (x0, y0, x1, y1), confidence = found
    inside = 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height and 0 <= confidence <= 1
    return "" if inside else f"{found}"


def _pixels(cropper: Any, content: bytes, threads: int) -> list[Any]:
    """What a network would see, at two sizes; JPEGs are decoded at an eighth for the second."""
    from marscrop import MarscropError
    from marscrop.geometry import Size

    seen: list[Any] = []
    try:
        photo = cropper.open(content)
        eighth = Size(max(1, photo.size.width // 16), max(1, photo.size.height // 16))
        for size in (cropper.input_size(photo), eighth):
            seen.append(hash(photo.analysis_rgb(size, threads=threads).tobytes()))
            photo = cropper.open(content)
    except MarscropError as error:
        seen.append(_words(error))
    return seen


def _words(error: Exception) -> str:
    """Of several faults of a HEIC in tiles, libheif's threads name whichever they meet first."""
    return _FIRST_FAULT.sub(r"\1", f"{type(error).__name__}: {error}")


def use_command_line(pipe: Connection) -> None:
    """Arguments in; what is wrong, whether it ended well, processor's seconds and peak out."""
    from marscrop.cli import app

    warnings.simplefilter("ignore")
    os.chdir(tempfile.mkdtemp())
    Path("photo.jpg").write_bytes(_EXAMPLE.read_bytes())
    pipe.send("ready")
    while True:
        sys.argv = ["marscrop", *pipe.recv()]
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        began, code, wrong = time.process_time(), 0, ""
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                app.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException as error:
            wrong = f"{type(error).__name__}: {error}"
        seconds = time.process_time() - began
        err.seek(0)
        said = err.read()
        if code not in (0, 1, 2) or (code and not said.strip()) or "Traceback" in said:
            wrong = wrong or f"exit code {code}, {said[:300]!r}"
        pipe.send((wrong, code == 0, seconds, peak_mb()))


def _quiet() -> None:
    """libtiff writes lines of its own to stderr."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
