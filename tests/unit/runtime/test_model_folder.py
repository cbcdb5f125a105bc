"""A model folder is refused, with a clear error, unless it is whole and unchanged."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from marscrop.errors import ModelError
from marscrop.runtime.manifest import PARTS, Manifest
from marscrop.runtime.model import MarsModel


@pytest.fixture
def model(packaged_model: Path, tmp_path: Path) -> Path:
    """A copy of the packaged model, to be spoilt."""
    return Path(shutil.copytree(packaged_model, tmp_path / "model"))


def change_manifest(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = model / "manifest.json"
    table = json.loads(path.read_text())
    del table["sha256"]  # which would only say that something was changed
    change(table)
    path.write_text(json.dumps(table))


def test_whole_model_is_loaded(model: Path) -> None:
    assert MarsModel(model).manifest.name


def test_manifest_survives_a_round_trip(model: Path) -> None:
    manifest = Manifest.load(model)
    (model / "manifest.json").write_text(manifest.to_json())
    assert Manifest.load(model) == manifest


def test_packaged_weights_are_at_most_16_megabytes(packaged_model: Path) -> None:
    assert sum(file.stat().st_size for file in packaged_model.iterdir()) <= 16_000_000


@pytest.mark.parametrize("part", PARTS)
def test_truncated_part_is_refused(model: Path, part: str) -> None:
    path = model / f"{part}.onnx"
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match=rf"{part}\.onnx: \d+ bytes, expected {len(content)}"):
        MarsModel(model)


@pytest.mark.parametrize("part", PARTS)
def test_part_with_one_changed_bit_is_refused(model: Path, part: str) -> None:
    path = model / f"{part}.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=rf"{part}\.onnx: its SHA-256 is not the manifest's"):
        MarsModel(model)


def test_missing_part_is_refused(model: Path) -> None:
    (model / "head.onnx").unlink()
    with pytest.raises(ModelError, match=r"head\.onnx: missing"):
        MarsModel(model)


def test_part_that_is_no_network_is_refused(model: Path) -> None:
    import hashlib

    content = b"not a network"
    (model / "head.onnx").write_bytes(content)

    def describe(table: dict[str, Any]) -> None:
        digest = hashlib.sha256(content).hexdigest()
        table["parts"]["head"] |= {"sha256": digest, "bytes": len(content)}

    change_manifest(model, describe)
    with pytest.raises(ModelError, match=r"head\.onnx: ONNX Runtime .* cannot load it"):
        MarsModel(model)


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model here"):
        MarsModel(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"'])
def test_manifest_that_is_no_object_is_refused(model: Path, text: str) -> None:
    (model / "manifest.json").write_text(text)
    with pytest.raises(ModelError, match=r"manifest\.json"):
        MarsModel(model)


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.pop("parts"),
        lambda table: table["parts"].pop("meta"),
        lambda table: table["parts"]["meta"].pop("sha256"),
        lambda table: table["input"].update(mean=[1, 2]),
        lambda table: table["input"].update(surprise=1),
        lambda table: table.update(ratio_range=[1]),
        lambda table: table.update(calibration={}),
    ],
)
def test_incomplete_manifest_is_refused(
    model: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    change_manifest(model, change)
    with pytest.raises(ModelError, match="incomplete or malformed"):
        MarsModel(model)


def test_model_of_another_format_is_refused(model: Path) -> None:
    change_manifest(model, lambda table: table.update(format=99))
    with pytest.raises(ModelError, match="expected model format 3; got 99; export the model again"):
        MarsModel(model)


def test_model_trained_with_another_resize_filter_is_refused(model: Path) -> None:
    change_manifest(model, lambda table: table["input"].update(filter="nearest"))
    with pytest.raises(ModelError, match="resize filter 'nearest'"):
        MarsModel(model)
