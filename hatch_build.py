"""Compiles src/marscrop/native as the package is built, and prepares the packaged model for it:
where there is a C compiler.

Without one, or where it fails, the package is built all the same, and runs without those parts.
MARSCROP_NATIVE=0 leaves them out; MARSCROP_NATIVE=1 makes it an error if they cannot be built.
"""

from __future__ import annotations

import importlib
import os
import runpy
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("src")
FOLDER = SOURCE / "marscrop" / "native"


class NativeHook(BuildHookInterface[Any]):
    """Adds the compiled module to a wheel, which then is one for this kind of machine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and say what the wheel is for."""
        folder = Path(self.root, FOLDER)
        binding = runpy.run_path(str(folder / "binding.py"))
        for old in folder.glob(f"{binding['NAME']}.*"):
            if old.suffix in (".so", ".pyd"):
                old.unlink()
        wanted = os.environ.get("MARSCROP_NATIVE")
        if wanted == "0":
            return
        try:
            module: Path = binding["compiled"](folder)
        except binding["COMPILE_ERRORS"] as error:
            if wanted == "1":
                raise
            self.app.display_warning(f"built without its parts in C, which is slower: {error}")
            return
        prepared = self._prepared()
        for made in (FOLDER / module.name, prepared):
            build_data["artifacts"].append(made.as_posix())
        build_data["pure_python"] = False
        if binding["LIMITED"]:
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"cp311-abi3-{platform}"
        else:
            build_data["infer_tag"] = True

    def _prepared(self) -> Path:
        """The packaged model as the compiled module takes it, in a file."""
        sys.path.insert(0, str(Path(self.root, SOURCE)))
        try:
            prepare = importlib.import_module("marscrop.runtime.preparing")
            path: Path = prepare.prepare_packaged_model()
        finally:
            sys.path.pop(0)
        return path.relative_to(Path(self.root).resolve())
