"""The packaged model, prepared when marscrop is built, is the packaged model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from marscrop.native import NONE, network_level
from marscrop.runtime import engine as engine_module
from marscrop.runtime import model as model_module
from marscrop.runtime.compiled_model import CompiledModel
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest, manifest_bytes
from marscrop.runtime.model import MarsModel
from marscrop.runtime.prepared import FILE, prepared_bytes, read_prepared
from marscrop.runtime.translation.model import translated_model

MANIFEST = manifest_bytes(PACKAGED_MODEL)


@pytest.fixture(scope="module")
def translated() -> CompiledModel:
    manifest = Manifest.load(PACKAGED_MODEL)
    parts = {name: manifest.read_part(PACKAGED_MODEL, name) for name in manifest.parts}
    model = translated_model(parts)
    assert model is not None
    return model


@pytest.fixture
def file(translated: CompiledModel, tmp_path: Path) -> Path:
    path = tmp_path / "prepared.bin"
    path.write_bytes(prepared_bytes(translated, MANIFEST))
    return path


def test_what_is_read_is_what_was_prepared(file: Path, translated: CompiledModel) -> None:
    found = read_prepared(file, MANIFEST)
    assert found is not None
    parts: Iterable[tuple[Any, Any]] = zip(found, translated, strict=True)
    for part, wanted in parts:
        assert type(part) is type(wanted)
        for name, value, expected in zip(part._fields, part, wanted, strict=True):
            assert np.asarray(value).dtype == np.asarray(expected).dtype, name
            np.testing.assert_array_equal(value, expected, err_msg=name)


@pytest.mark.skipif(not FILE.exists(), reason="built without the parts in C")
def test_installed_file_is_of_the_installed_model(translated: CompiledModel) -> None:
    assert FILE.read_bytes() == prepared_bytes(translated, MANIFEST), "scripts/install-dev makes it"


def test_it_is_of_one_manifest_alone(file: Path) -> None:
    assert read_prepared(file, MANIFEST + b" ") is None


def test_damage_is_none(file: Path) -> None:
    content = file.read_bytes()
    assert read_prepared(file.with_name("missing"), MANIFEST) is None
    for end in (0, 10, 30, 1000, len(content) - 1):
        file.write_bytes(content[:end])
        assert read_prepared(file, MANIFEST) is None
    for place in range(0, len(content), len(content) // 50):
        changed = bytearray(content)
        changed[place] ^= 1
        file.write_bytes(changed)
        assert read_prepared(file, MANIFEST) is None, place


@pytest.mark.skipif(network_level() == NONE, reason="no parts in C for this processor")
def test_model_is_the_same_with_the_file_and_without(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "FILE", file)
    monkeypatch.setattr(model_module, "load_engine", None)  # would be called without the file
    prepared = MarsModel(PACKAGED_MODEL)
    monkeypatch.undo()
    monkeypatch.setattr(engine_module, "FILE", file.with_name("missing"))
    translated = MarsModel(PACKAGED_MODEL)
    assert prepared.manifest == translated.manifest
    rgb = np.random.default_rng(0).integers(0, 256, (144, 192, 3), dtype=np.uint8)
    features = prepared.features(rgb)
    np.testing.assert_array_equal(features, translated.features(rgb))
    np.testing.assert_array_equal(
        prepared.logits(features, [0.5, 1.7]), translated.logits(features, [0.5, 1.7])
    )
