"""The checks of an installation, each independent of the others.

Imports are inside the functions, because a package that fails to import is a result too.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from marscrop import __version__
from marscrop.errors import IN_CHECKOUT, MarscropError, ModelError, installing

_PACKAGES: Final = ("numpy", "pillow", "onnxruntime")
_REINSTALL: Final = f"reinstall it: pip install --force-reinstall . {IN_CHECKOUT}"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check.

    Attributes:
        name: of what was checked, such as "model".
        facts: values that JSON knows, by name.
        problem: what is wrong, and what to do; None where nothing is.
        essential: whether a problem here means that no photo can be cropped.
    """

    name: str
    facts: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    essential: bool = False

    @property
    def failed(self) -> bool:
        """Whether there is a problem that keeps photos from being cropped."""
        return self.essential and self.problem is not None


def examine(model: str | os.PathLike[str] | None = None) -> list[Check]:
    """The results of all checks, in the order in which they are worth reading. Raises nothing.

    Args:
        model: folder of an exported model; the packaged one by default.
    """
    return [
        _safely("versions", _versions),
        _safely("machine", _machine),
        _safely("codecs", _codecs),
        _safely("onnxruntime", _onnxruntime),
        _safely("model", lambda: _model(model), essential=True),
        _safely("self_test", lambda: _self_test(model), essential=True),
        _safely("extras", _extras),
    ]


_Findings = tuple[dict[str, Any], list[str]]
"""Facts and problems."""


def _safely(name: str, look: Callable[[], _Findings], *, essential: bool = False) -> Check:
    """The result of a check; an exception is a problem."""
    try:
        facts, problems = look()
    except MarscropError as error:
        facts, problems = {}, [str(error)]
    except Exception as error:  # whatever a broken package may raise when it is loaded
        what = " ".join(str(error).split())
        facts, problems = {}, [f"{type(error).__name__}: {what}; {_REINSTALL}"]
    return Check(name, facts, "; ".join(problems) or None, essential)


def _versions() -> _Findings:
    facts = {"marscrop": __version__, "python": platform.python_version()}
    missing = []
    for package in _PACKAGES:
        try:
            facts[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            missing.append(f"{package} is missing: pip install {package}")
    return facts, missing


def _machine() -> _Findings:
    from marscrop.bench.machine import processor
    from marscrop.cores import usable_cores

    return {
        "platform": platform.platform(),
        "processor": processor(),
        "usable_cores": usable_cores(),
        "python": sys.executable,
        "marscrop": str(Path(__file__).parents[1]),
    }, []


def _codecs() -> _Findings:
    from marscrop import native
    from marscrop.imaging import libvips
    from marscrop.imaging.codecs import codec_versions, libheif_version
    from marscrop.imaging.heic import decoder as heic

    facts: dict[str, Any] = {**codec_versions()}
    problems = [
        f"this Pillow has no {name}; install one from its wheel: pip install --force-reinstall "
        f"--only-binary :all: pillow"
        for name, version in facts.items()
        if version is None
    ]
    facts["libvips"] = libvips.version()
    if facts["libvips"] is None:
        problems.append(
            "libvips does not load, so that large photos take more memory: "
            "pip install --force-reinstall 'pyvips[binary]'"
        )
    facts["native"] = native.library() is not None
    facts["network"] = native.network_instructions() or "ONNX Runtime"
    if not facts["native"]:
        problems.append(
            "the parts in C are missing, without which a start and large photos take longer, "
            "PNGs and progressive JPEGs several times as long: install a C compiler (Debian: gcc "
            f"and libc6-dev), unset {native.TURNED_OFF}, and {_REINSTALL}"
        )
    try:
        facts["libheif"] = libheif_version()
        facts["libde265"] = heic.version()
    except Exception as error:  # pillow-heif's library
        problems.append(f"pillow-heif fails to load ({error}): {installing('heic')}")
    return facts, problems


def _onnxruntime() -> _Findings:
    from marscrop.runtime.onnx_network import PROVIDERS, available_providers

    return {"available": available_providers(), "used": list(PROVIDERS)}, []


def _model(model: str | os.PathLike[str] | None) -> _Findings:
    from marscrop.runtime.manifest import FILE, PACKAGED_MODEL, Manifest, ModelPart

    folder = Path(model) if model is not None else PACKAGED_MODEL
    manifest = Manifest.load(folder)
    facts: dict[str, Any] = {
        "name": manifest.name,
        "folder": str(folder),
        "sha256": ModelPart.of(folder / FILE).sha256,  # of the manifest, which has the parts'
    }
    problems = []
    for name in manifest.parts:
        try:
            manifest.read_part(folder, name)
            as_packaged = True
        except ModelError as error:
            problems.append(str(error))
            as_packaged = False
        facts[name] = {"sha256": manifest.parts[name].sha256, "as_packaged": as_packaged}
    return facts, problems


def _self_test(model: str | os.PathLike[str] | None) -> _Findings:
    from marscrop.doctor.self_test import crop_test_photo

    return crop_test_photo(model), []


def _extras() -> _Findings:
    from marscrop.doctor.extras import examine_extras

    extras = examine_extras()
    broken: Iterable[str] = (f"{e.name}: {e.problem}" for e in extras if e.problem)
    return {extra.name: extra.as_table() for extra in extras}, list(broken)
