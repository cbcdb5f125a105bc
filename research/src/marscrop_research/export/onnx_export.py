"""From a checkpoint to the product's model folder: ONNX parts and a manifest."""

from __future__ import annotations

import contextlib
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from marscrop.errors import ModelError, StorageError
from marscrop.files import concerns_all, reason
from marscrop.imaging.resize import FILTER
from marscrop.runtime.manifest import FILE, OPTIONAL_PARTS, PARTS, InputRule, Manifest, ModelPart
from marscrop.window.confidence import Calibration
from marscrop.window.placement import Prior
from marscrop_research.config import Config
from marscrop_research.errors import ConfigError
from marscrop_research.network.mars import Mars, input_multiple
from marscrop_research.network.shared_head import SharedHead

OPSET: Final = 18
_EXAMPLE_SIDES: Final = (192, 256)
_HALF_FROM: Final = 256
"""Weights with at least so many values are stored in 16 bits; the rest is a few kilobytes."""


def export(
    model: Mars,
    config: Config,
    folder: Path,
    *,
    prior: Prior,
    calibration: Calibration,
    training: dict[str, Any],
    scores: dict[str, Any],
    half: bool = True,
) -> Manifest:
    """Write a model folder.

    Args:
        model: in evaluation mode.
        config: it was trained with.
        folder: made if missing; parts of the same names are replaced.
        prior: of people's crops.
        calibration: of the confidence.
        training, scores: kept in the manifest.
        half: store large weights as 16-bit floats; they are computed with as 32-bit ones.

    Returns:
        the manifest, as written.

    Raises:
        ConfigError: a variant without FTM or PWP: those are for ablations only.
    """
    if not (config.model.ftm and config.model.pwp):
        raise ConfigError("only a network with both ftm and pwp can be exported")
    with model_folder(folder) as draft:
        for name, exported in zip(PARTS, _exported_parts(model), strict=True):
            onnx.save(store_in_half(exported) if half else exported, draft / f"{name}.onnx")
        manifest = Manifest(
            name=config.name,
            parts={name: ModelPart.of(draft / f"{name}.onnx") for name in PARTS},
            input=InputRule(
                longest_edge_px=config.train.longest_edge_px,
                multiple_px=input_multiple(model),
                filter=FILTER,
                mean=_in_255ths(config.model.pixel_mean),
                std=_in_255ths(config.model.pixel_std),
            ),
            ratio_range=config.model.ratio_range,
            opset=OPSET,
            prior=prior,
            calibration=calibration,
            training=training,
            scores=scores,
        )
        (draft / FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


@contextlib.contextmanager
def model_folder(folder: Path) -> Iterator[Path]:
    """A place to write a model, whose files replace those of `folder` as the block ends.

    Where anything goes wrong, the model that was there stays. A kill between two of the renames
    leaves a folder that is refused, as its manifest knows its parts. An optional part of the old
    model that the new one lacks is removed.

    Raises:
        StorageError: the disk is full or read-only.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=folder) as draft:
            yield Path(draft)
            optional = [f"{part}.onnx" for part in OPTIONAL_PARTS]
            written = [name for name in optional if (Path(draft) / name).exists()]
            for name in (*(f"{part}.onnx" for part in PARTS), *written, FILE):
                (Path(draft) / name).replace(folder / name)
            for name in set(optional) - set(written):
                (folder / name).unlink(missing_ok=True)  # of the model before
    except OSError as error:
        if concerns_all(error):
            raise StorageError(folder, f"cannot be written: {reason(error)}") from error
        raise


def _exported_parts(model: Mars) -> Iterator[onnx.ModelProto]:
    """`features`, `meta` and `head`, in the order of `PARTS`."""
    any_size = torch.export.Dim.DYNAMIC
    pixels = torch.zeros(1, 3, *_EXAMPLE_SIDES)
    # Two ratios: a size of one would be taken for a constant.
    log_ratio = torch.tensor([0.0, 0.5])
    with torch.inference_mode():
        features = model.backbone(pixels)
        parameters = model.meta(log_ratio)
    assert parameters.ftm is not None
    assert parameters.pwp is not None
    yield module_to_onnx(
        model.backbone, (pixels,), ["pixels"], ["features"], ({2: any_size, 3: any_size},)
    )
    yield module_to_onnx(model.meta, (log_ratio,), ["log_ratio"], ["ftm", "pwp"], ({0: any_size},))
    yield module_to_onnx(
        SharedHead(model.head),
        (features, parameters.ftm, parameters.pwp),
        ["features", "ftm", "pwp"],
        ["logits"],
        ({2: any_size, 3: any_size}, {0: any_size}, {0: any_size}),
    )


def module_to_onnx(
    module: nn.Module,
    example: tuple[Tensor, ...],
    inputs: list[str],
    outputs: list[str],
    dynamic_shapes: tuple[dict[int, Any], ...],
) -> onnx.ModelProto:
    """A module as ONNX of the version `OPSET`.

    Args:
        module: is set to evaluation mode.
        example: arguments that it takes.
        inputs, outputs: names of its arguments and results.
        dynamic_shapes: of each argument the dimensions that may have other sizes, as
            `torch.export.export` takes them.
    """
    with _quiet():
        program = torch.onnx.export(
            module.eval(),
            example,
            input_names=inputs,
            output_names=outputs,
            opset_version=OPSET,
            dynamic_shapes=dynamic_shapes,
            dynamo=True,
        )
    assert program is not None
    return program.model_proto


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints its progress, and misses torchvision, which nobody here needs."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def store_in_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large 32-bit weights as 16-bit floats, each with a cast back.

    ONNX Runtime folds the casts when it loads the model, so they cost nothing at run time.

    Raises:
        ModelError: a weight is too large for 16 bits.
    """
    graph = model.graph
    casts, kept = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < _HALF_FROM:
            kept.append(tensor)
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise ModelError(
                None, f"{tensor.name} is too large for 16 bits; export with half=False"
            )
        stored = f"{tensor.name}.half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    del graph.value_info[:]
    return model


def _in_255ths(values: tuple[float, float, float]) -> tuple[float, float, float]:
    a, b, c = (round(255 * v, 3) for v in values)
    return a, b, c
