"""Checkpoints: weights with their configuration, written so that they survive a kill."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from marscrop.errors import ModelError
from marscrop.files import whole_file
from marscrop.window.placement import Prior
from marscrop_research.config import Config
from marscrop_research.errors import ConfigError
from marscrop_research.network.mars import Mars


def write_whole(path: Path, write: Callable[[Any], Any]) -> None:
    """Write beside and rename, so that `path` is always a whole file, old or new.

    Always under the same other name: what a killed run leaves is as large as a checkpoint.
    """
    with whole_file(path, path.with_name(f".{path.name}.part"), synced=True) as file:
        write(file)


def save_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Save tensors and plain values, whole or not at all.

    Raises:
        OSError: they cannot be written; a checkpoint that was there stays.
    """

    def write(file: Any) -> None:
        try:
            torch.save(content, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # torch hides that the disk is full
                raise error.__context__ from None
            raise

    write_whole(path, write)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read what `save_checkpoint` wrote; never runs code from the file.

    Raises:
        ModelError: the file is missing or not a checkpoint of ours.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(path, "no such checkpoint") from None
    except Exception as error:  # torch raises many kinds for a damaged file
        raise ModelError(path, f"not a readable checkpoint ({type(error).__name__})") from None
    if not isinstance(content, dict) or "model" not in content or "config" not in content:
        raise ModelError(path, "not a marscrop checkpoint (no model and config in it)")
    return content


def load_model(path: Path) -> tuple[Mars, Config, dict[str, Any]]:
    """The network of a checkpoint, in evaluation mode, its configuration, and the rest.

    Raises:
        ModelError: the file is missing, damaged, or holds other weights than it says.
    """
    content = load_checkpoint(path)
    return *load_kept_model(content, path), content


def load_kept_model(content: dict[str, Any], path: Path) -> tuple[Mars, Config]:
    """A checkpoint's network in evaluation mode: of the averaged weights, if it has them.

    Raises:
        ModelError: its weights are not what its configuration says; `path` is named.
    """
    weights = content["model"]
    if content.get("average") is not None:
        named = content["average"].items()
        weights = {n.removeprefix("module."): t for n, t in named if n.startswith("module.")}
    try:
        config = Config.from_table(content["config"])
        model = Mars(config.model)
        model.load_state_dict(weights)
    except (ConfigError, RuntimeError, TypeError) as error:
        raise ModelError(path, f"weights and configuration do not fit ({error})") from None
    return model.eval(), config


def checkpoint_prior(content: dict[str, Any], path: Path) -> Prior:
    """The prior of people's crops that a checkpoint was trained with.

    Raises:
        ModelError: it was made before checkpoints had one.
    """
    if "prior" not in content:
        raise ModelError(path, "made by an earlier version, without a prior; train it anew")
    return Prior(tuple(content["prior"]["scales"]), float(content["prior"]["sharpness"]))
