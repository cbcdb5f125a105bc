"""The module `_native`: what the headers here declare, compiled and bound for Python by cffi.

cffi in API mode rather than an extension module by hand: the headers stay the only place where a
structure or function is declared, the C compiler checks the binding against them, calls let go of
Python's lock, one file serves every Python 3 of a system, and pyvips needs its runtime anyway.

For the package's build, which runs this file before the package can be imported, and for tests.
"""

from __future__ import annotations

import os
import re
import sysconfig
import tempfile
from pathlib import Path
from typing import Final

from cffi import FFI, VerificationError
from setuptools.errors import BaseError

FOLDER: Final = Path(__file__).parent
NAME: Final = "_native"

LIMITED: Final = not sysconfig.get_config_var("Py_GIL_DISABLED")
"""Whether the module keeps to Python's limited API, and so serves later versions too."""

COMPILE_ERRORS: Final = (VerificationError, BaseError, OSError)
"""What `compiled` raises where there is no compiler, or it fails."""

_FLAGS: Final = (
    ("/O2", "/std:c11")
    if os.name == "nt"
    else ("-std=c11", "-O3", "-g0", "-fvisibility=hidden", "-ffp-contract=off")
)
_FOR_THE_COMPILER: Final = re.compile(r"^#(?!define).*$", re.MULTILINE)


def compiled(folder: Path, *flags: str) -> Path:
    """Compile all C files into a module in `folder`.

    Args:
        folder: to write to; a file of the same name is replaced.
        flags: for compiler and linker, after the usual ones.

    Returns:
        the module, whose suffix is the system's.

    Raises:
        COMPILE_ERRORS: no compiler, or it fails.
    """
    headers = sorted(FOLDER.glob("*.h"))
    ffi = FFI()
    for header in headers:
        ffi.cdef(_FOR_THE_COMPILER.sub("", header.read_text()))
    ffi.set_source(
        NAME,
        "".join(f'#include "{header.name}"\n' for header in headers),
        sources=[str(path.resolve()) for path in sorted(FOLDER.glob("*.c"))],
        include_dirs=[str(FOLDER.resolve())],
        extra_compile_args=[*_FLAGS, *flags],
        extra_link_args=list(flags),
        py_limited_api=LIMITED,
        define_macros=[] if LIMITED else [("_CFFI_NO_LIMITED_API", None)],
    )
    with tempfile.TemporaryDirectory() as temporary:
        module = Path(ffi.compile(temporary))
        target = folder / module.name
        target.write_bytes(module.read_bytes())
    return target
