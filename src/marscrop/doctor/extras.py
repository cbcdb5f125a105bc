"""The extras of marscrop that are installed, and what the others lack.

The metadata of packages tell, without importing them. Only the small extras, which the cropper
itself loads where they are installed, are also tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement

from marscrop.errors import MarscropError, install_command, installing

_PACKAGE: Final = "marscrop"


@dataclass(frozen=True, slots=True)
class Extra:
    """The state of one extra.

    Attributes:
        name: as in `marscrop[heic]`.
        missing: requirements that are not met, for people: "torch>=2.9 (2.1 is installed)".
        problem: why it does not work though nothing is missing; None if it does, or was not tried.
    """

    name: str
    missing: tuple[str, ...]
    problem: str | None = None

    @property
    def complete(self) -> bool:
        """Whether it can be used."""
        return not self.missing and self.problem is None

    @property
    def install(self) -> str:
        """The command that completes it, in a checkout of marscrop."""
        return install_command(self.name)

    def as_table(self) -> dict[str, Any]:
        """Its state as JSON."""
        table: dict[str, Any] = {"complete": self.complete}
        if not self.complete:
            table |= {"missing": list(self.missing), "install": self.install}
        if self.problem is not None:
            table["problem"] = self.problem
        return table


def examine_extras() -> list[Extra]:
    """The extras that marscrop's metadata name, in their order.

    Raises:
        MarscropError: marscrop was not installed, so that there are no metadata.
    """
    try:
        about = metadata.metadata(_PACKAGE)
        needs = [Requirement(text) for text in metadata.requires(_PACKAGE) or ()]
    except metadata.PackageNotFoundError:
        raise MarscropError(
            "marscrop runs from its source and is not installed, so that its extras are unknown: "
            f"{installing()}"
        ) from None
    return [_examined(name, needs) for name in about.get_all("Provides-Extra") or ()]


def _examined(name: str, needs: list[Requirement]) -> Extra:
    missing = tuple(lack for need in _of_extra(needs, name) for lack in _lacking(need))
    return Extra(name, missing, None if missing else _problem(name))


def _of_extra(needs: list[Requirement], extra: str) -> Iterator[Requirement]:
    """The requirements of a package that one of its extras adds on this system."""
    for need in needs:
        marker = need.marker
        if marker and marker.evaluate({"extra": extra}) and not marker.evaluate({"extra": ""}):
            yield need


def _lacking(need: Requirement) -> Iterator[str]:
    """What is missing of a requirement, its own extras included."""
    wanted = f"{need.name}{need.specifier}"
    try:
        found = metadata.distribution(need.name)
    except metadata.PackageNotFoundError:
        yield wanted
        return
    if not need.specifier.contains(found.version, prereleases=True):
        yield f"{wanted} ({found.version} is installed)"
    for module in _gone(found):
        yield f"{wanted} ({module} is gone)"
    inner = [Requirement(text) for text in found.requires or ()] if need.extras else []
    for extra in sorted(need.extras):
        for further in _of_extra(inner, extra):
            yield from _lacking(further)


def _gone(found: metadata.Distribution) -> Iterator[str]:
    """Top-level modules that a package installed and whose files are gone."""
    for file in found.files or ():
        is_top = len(file.parts) == 1 or (len(file.parts) == 2 and file.name == "__init__.py")
        if is_top and file.suffix == ".py" and not Path(str(found.locate_file(file))).is_file():
            yield str(file)


def _problem(extra: str) -> str | None:
    """Why an installed extra does not work; None if it does, or if trying it would be slow."""
    attempt = _ATTEMPTS.get(extra)
    try:
        if attempt:
            attempt()
    except Exception as error:  # also what a broken library raises when it is loaded
        return " ".join(str(error).split()) or type(error).__name__
    return None


def _find_faces() -> None:
    from marscrop.faces.centerface import read_network

    read_network()


def _read_heic() -> None:
    from marscrop.imaging.codecs import libheif_version

    if libheif_version() is None:
        raise MarscropError("pillow-heif does not load; reinstall it")


def _crop_losslessly() -> None:
    from marscrop.imaging.lossless import find_transform

    find_transform()


_ATTEMPTS: Final[dict[str, Callable[[], None]]] = {
    "faces": _find_faces,
    "heic": _read_heic,
    "lossless": _crop_losslessly,
}
