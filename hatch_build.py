"""Compiles src/marscrop/native as the package is built: where there is a C compiler.

Without one, or where it fails, the package is built all the same, and runs without those parts.
MARSCROP_NATIVE=0 leaves them out; MARSCROP_NATIVE=1 makes it an error if they cannot be built.
"""

from __future__ import annotations

import os
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools._distutils.ccompiler import new_compiler
from setuptools._distutils.errors import CCompilerError, DistutilsError
from setuptools._distutils.sysconfig import customize_compiler

FOLDER = Path("src/marscrop/native")
LIBRARY = FOLDER / "_native.so"


class NativeHook(BuildHookInterface[Any]):
    """Adds the compiled library to a wheel, which then is one for this kind of machine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what the wheel is for."""
        library = Path(self.root) / LIBRARY
        library.unlink(missing_ok=True)
        wanted = os.environ.get("MARSCROP_NATIVE")
        if wanted == "0":
            return
        try:
            compile_library(Path(self.root) / FOLDER, library)
        except (CCompilerError, DistutilsError, OSError) as error:
            if wanted == "1":
                raise
            self.app.display_warning(f"built without its parts in C, which is slower: {error}")
            return
        build_data["artifacts"].append(LIBRARY.as_posix())
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
        build_data["pure_python"] = False


def compile_library(folder: Path, library: Path) -> None:
    """Compile all C files of a folder into one library."""
    compiler = new_compiler()
    customize_compiler(compiler)
    unix = compiler.compiler_type == "unix"
    options = ["-std=c11", "-O3", "-g0", "-fvisibility=hidden"] if unix else ["/O2", "/std:c11"]
    with tempfile.TemporaryDirectory() as objects:
        compiled = compiler.compile(
            sorted(str(path) for path in folder.glob("*.c")),
            output_dir=objects,
            extra_postargs=options,
        )
        compiler.link_shared_object(compiled, str(library))
