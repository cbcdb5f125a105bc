"""Coverage-guided fuzzing of everything between a file and the network: not a test.

.venv/bin/pip install atheris==3.0.0
PYTHONPATH=. .venv/bin/python tests/hostile/fuzz_decode.py -max_total_time=600 -timeout=10 \
    -rss_limit_mb=1000 -max_len=20000 /tmp/fuzz-decode

The folder keeps what reached new code; it begins with a small photo of every format. Guided by
the coverage of this package and of Pillow's Python half. An input that crashes, hangs, or raises
anything but a MarscropError is written to the current folder.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["marscrop.imaging", "PIL", "pillow_heif"]):
    from tests.hostile.seeds import seeds

    from marscrop.errors import MarscropError
    from marscrop.geometry import Size
    from marscrop.imaging.photo import open_photo

# What decodes in a moment: what larger photos take is the benchmark's matter.
_MAX_PIXELS = 1_000_000
_SIZE = Size(32, 32)


def decode(content: bytes) -> None:
    try:
        photo = open_photo(content, max_pixels=_MAX_PIXELS)
        assert photo.analysis_rgb(_SIZE).shape == (32, 32, 3)
        photo.metadata()
    except MarscropError as error:
        if "\n" in str(error):
            raise AssertionError("an error of several lines") from error


def main() -> None:
    warnings.simplefilter("ignore")
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if folders:
        folders[0].mkdir(parents=True, exist_ok=True)
        for name, content in seeds().items():
            (folders[0] / name).write_bytes(content)
    atheris.Setup(sys.argv, decode)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
