"""The manifest of a model: everything but its weights, with the SHA-256 of each of its files.

A model is a folder with `manifest.json` and three or four ONNX files, its parts: `features` (image
to feature map, once a photo), `meta` (ratio to the parameters of a cropping model, once a ratio),
`head` (both to a map of logits) and, in some models, `subjects` (maps of `features` to where people
look and where heads and subjects are, once a photo).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from marscrop.errors import MarscropError, ModelError
from marscrop.window.confidence import Calibration
from marscrop.window.placement import Prior

FORMAT: Final = 3
FILE: Final = "manifest.json"
_DIGEST: Final = "sha256"
PARTS: Final = ("features", "meta", "head")
"""What every model has."""
OPTIONAL_PARTS: Final = ("subjects",)
"""What a model may have as well."""
PACKAGED_MODEL: Final = Path(__file__).parents[1] / "models" / "default"


@dataclass(frozen=True, slots=True)
class ModelPart:
    """One ONNX file of a model.

    Attributes:
        file: name inside the model's folder.
        sha256: of its bytes, hexadecimal.
        bytes: its size.
    """

    file: str
    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """The description of a file as it is now."""
        content = path.read_bytes()
        return cls(path.name, _sha256(content), len(content))


@dataclass(frozen=True, slots=True)
class InputRule:
    """The rule by which a photo becomes the network's input: RGB, resized, (value - mean) / std.

    A network whose input is uint8 takes pixels as they are, and normalises them itself.

    Attributes:
        longest_edge_px: length of the longer side.
        multiple_px: the shorter side is rounded to a multiple of this.
        filter: name of the resize filter.
        mean, std: one number for each channel, in 0..255.
    """

    longest_edge_px: int
    multiple_px: int
    filter: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest of a model.

    Attributes:
        name: of the model, for people.
        parts: its ONNX files, by the names in `PARTS` and `OPTIONAL_PARTS`.
        input: rule by which its input is made.
        ratio_range: smallest and largest ratio that it was trained for.
        opset: version of the operators in its ONNX files.
        prior: from people's crops, for placing windows.
        calibration: from evidence to confidence.
        training: commit, configuration and data.
        scores: measured quality, with what it was measured on.
    """

    name: str
    parts: dict[str, ModelPart]
    input: InputRule
    ratio_range: tuple[float, float]
    opset: int
    prior: Prior
    calibration: Calibration
    training: dict[str, Any]
    scores: dict[str, Any]

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The manifest of the model in a folder.

        Raises:
            ModelError: it is missing, not JSON, of another format, or lacks something.
        """
        return cls.parse(manifest_bytes(folder), folder)

    @classmethod
    def parse(cls, content: bytes, folder: Path, *, known: bool = False) -> Self:
        """The manifest that a file holds.

        Args:
            content: of the file.
            folder: of the model, for messages.
            known: whether the file is one whose digest was checked before.

        Raises:
            ModelError: it is not JSON, of another format, or lacks something.
        """
        path = folder / FILE
        try:
            table = json.loads(content)
        except ValueError as error:
            raise ModelError(path, f"not valid JSON ({error})") from None
        if not isinstance(table, dict) or table.get("format") != FORMAT:
            found = table.get("format") if isinstance(table, dict) else None
            raise ModelError(
                path,
                f"expected model format {FORMAT}; got {found!r}; export the model again with "
                "this version of marscrop",
            )
        digest = table.pop(_DIGEST, None)
        try:
            found = cls._from_table(table)
        except (KeyError, TypeError, ValueError, MarscropError) as error:
            raise ModelError(
                path, f"incomplete or malformed ({type(error).__name__}: {error})"
            ) from None
        if not known and digest not in (None, _digest(table)):  # earlier versions wrote none
            raise ModelError(
                path,
                "its SHA-256 is not the one it names: it was changed; install marscrop or "
                f"export the model again (or leave out {_DIGEST} if the change was meant)",
            )
        return found

    @classmethod
    def _from_table(cls, table: dict[str, Any]) -> Self:
        unknown = table.keys() - {"format", *(field.name for field in fields(cls))}
        if unknown:
            raise ValueError(f"unknown {', '.join(sorted(unknown))}")
        rule = table["input"]
        low, high = table["ratio_range"]
        optional = (name for name in OPTIONAL_PARTS if name in table["parts"])
        return cls(
            name=str(table["name"]),
            parts={name: ModelPart(**table["parts"][name]) for name in (*PARTS, *optional)},
            input=InputRule(**{**rule, "mean": _three(rule["mean"]), "std": _three(rule["std"])}),
            ratio_range=(float(low), float(high)),
            opset=int(table["opset"]),
            prior=Prior(
                tuple(map(float, table["prior"]["scales"])), float(table["prior"]["sharpness"])
            ),
            calibration=Calibration(**table["calibration"]),
            training=dict(table["training"]),
            scores=dict(table["scores"]),
        )

    def to_json(self) -> str:
        """The text of `manifest.json`."""
        table = {"format": FORMAT, **asdict(self)}
        return json.dumps({**table, _DIGEST: _digest(table)}, indent=2) + "\n"

    def read_part(self, folder: Path, name: str) -> bytes:
        """The bytes of a part, checked against its size and SHA-256.

        Raises:
            ModelError: the file is missing, truncated, or changed.
        """
        part = self.parts[name]
        path = folder / part.file
        try:
            content = path.read_bytes()
        except OSError:
            raise ModelError(path, "missing; install marscrop or export the model again") from None
        if len(content) != part.bytes:
            raise ModelError(
                path,
                f"{len(content)} bytes, expected {part.bytes}: the file is truncated or "
                f"changed; install marscrop or export the model again",
            )
        if _sha256(content) != part.sha256:
            raise ModelError(
                path,
                "its SHA-256 is not the manifest's: it was changed; install marscrop "
                "or export the model again",
            )
        return content


def manifest_bytes(folder: Path) -> bytes:
    """The file of the manifest of the model in a folder.

    Raises:
        ModelError: it is missing.
    """
    try:
        return (folder / FILE).read_bytes()
    except OSError:
        raise ModelError(folder, f"no model here ({FILE} cannot be read)") from None


def _digest(table: dict[str, Any]) -> str:
    """The SHA-256 of all that a manifest says but this digest."""
    return _sha256(json.dumps(table, sort_keys=True).encode())


def _sha256(content: bytes) -> str:
    import hashlib  # OpenSSL's library, which a known model does without

    return hashlib.sha256(content).hexdigest()


def _three(values: Any) -> tuple[float, float, float]:
    a, b, c = values
    return float(a), float(b), float(c)
