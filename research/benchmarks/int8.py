"""What a float network loses by being converted to int8: size, time, IoU on validation photos.

    mkdir .local/float && git archive f494918 src/marscrop/models/default | tar -x -C .local/float
    .venv/bin/python research/benchmarks/int8.py .local/float/src/marscrop/models/default

The packaged network is int8 and was trained to be (`marscrop distil`); this is about its teacher,
the float network that was packaged before, and any other.

The features part is quantised, which is nearly all of the time: dynamically (weights only ahead of
time) and statically (activations too, calibrated on training photos), with weights of 8 bits, and
of 7, whose products do not overflow on processors without VNNI. The rest stays as it is. "Moved" is
the share of boxes (1:1, 16:9, 4:5) with an edge more than 1 px at 256 from the float network's, and
the 95th percentile of the largest move. --keep leaves the static model there, for --model.
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# First of all that imports ONNX Runtime: it turns its telemetry off.
import marscrop.runtime.quiet_onnxruntime  # noqa: F401

# isort: split
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_dynamic,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from marscrop.bench.steps import time_ms
from marscrop.cropper import Cropper
from marscrop.imaging.photo import open_photo
from marscrop.runtime.manifest import FILE, Manifest, ModelPart
from marscrop_research.data.fcdb import load_fcdb
from marscrop_research.data.records import CropRecord
from marscrop_research.evaluation.decoding import decode_all, product_network
from marscrop_research.evaluation.protocol import score_records, summarise

ROOT = Path(__file__).resolve().parents[2]
STATIC, STATIC_7_BITS = "static", "static, 7 bits"
RATIOS = ("1:1", "16:9", "4:5")


class CalibrationPhotos(CalibrationDataReader):  # type: ignore[misc]
    """Training photos as the network sees them."""

    def __init__(self, model: Path, records: list[CropRecord]) -> None:
        self._inputs = self._read(model, records)

    @staticmethod
    def _read(model: Path, records: list[CropRecord]) -> Iterator[dict[str, NDArray[np.float32]]]:
        cropper = Cropper(model, threads=1)
        rule = cropper.manifest.input
        for record in records:
            photo = open_photo(record.path)
            rgb = photo.analysis_rgb(cropper.input_size(photo))
            pixels = (rgb - np.array(rule.mean, np.float32)) / np.array(rule.std, np.float32)
            yield {"pixels": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], np.float32)}

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next input, or None."""
        return next(self._inputs, None)


def moves_px(cropper: Cropper, other: Cropper, records: list[CropRecord]) -> NDArray[np.float64]:
    """The largest move of each box's edges [px at 256]: one for each photo and ratio."""
    moves = []
    for path in sorted({record.path for record in records}):
        photo = open_photo(path)
        pairs = zip(
            cropper.crop(path, RATIOS, faces="ignore"),
            other.crop(path, RATIOS, faces="ignore"),
            strict=True,
        )
        for one, two in pairs:
            move = max(abs(a - b) for a, b in zip(one.box, two.box, strict=True))
            moves.append(move * 256 / max(photo.size))
    return np.array(moves)


def quantised(kind: str, model: Path, folder: Path, calibration: list[CropRecord]) -> Path:
    """A copy of a float model whose features part is int8."""
    shutil.copytree(model, folder)
    part, plain = folder / "features.onnx", folder / "plain.onnx"
    quant_pre_process(str(part), str(plain), skip_symbolic_shape=True)
    if kind == "dynamic":
        quantize_dynamic(plain, part, weight_type=QuantType.QUInt8)
    else:
        quantize_static(
            plain,
            part,
            CalibrationPhotos(model, calibration),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            reduce_range=kind == STATIC_7_BITS,
        )
    plain.unlink()
    manifest = Manifest.load(folder)
    parts = {**manifest.parts, "features": ModelPart.of(part)}
    (folder / FILE).write_text(dataclasses.replace(manifest, parts=parts).to_json())
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="folder of a float model")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/fcdb_train")
    parser.add_argument("--photos", type=int, help="validation photos; all by default")
    parser.add_argument("--calibration", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--keep", type=Path, help="folder for the static model")
    options = parser.parse_args()
    records = load_fcdb(options.data).crops()
    validation = [r for r in records if r.split == "validation"][: options.photos]
    training = [r for r in records if r.split == "train"][: options.calibration]
    print(
        "| features | MB | ms, all cores | ms, one thread | IoU | BDE | moved > 1 px | p95, px |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    rgb = np.random.default_rng(0).integers(0, 256, (192, 256, 3), np.uint8)
    with tempfile.TemporaryDirectory() as temporary:
        models = {"float": options.model}
        for kind in ("dynamic", STATIC, STATIC_7_BITS):
            models[kind] = quantised(kind, options.model, Path(temporary) / kind, training)
        for name, folder in models.items():
            cropper, photo = Cropper(folder), open_photo(rgb)
            timings = [
                time_ms(partial(c.features, photo), options.repeats).median_ms
                for c in (cropper, Cropper(folder, threads=1))
            ]
            moves = moves_px(Cropper(options.model), cropper, validation)
            size_mb = (folder / "features.onnx").stat().st_size / 1e6
            scores = summarise(score_records(validation, [decode_all(product_network(folder))]))
            placed = scores[-1]  # by placement, which users get
            print(
                f"| {name} | {size_mb:.2f} | {timings[0]} | {timings[1]} | "
                f"{placed.iou:.4f} | {placed.bde:.4f} | "
                f"{(moves > 1).mean():.3f} | {np.percentile(moves, 95):.1f} |",
                flush=True,
            )

        if options.keep:
            shutil.copytree(models[STATIC], options.keep)


if __name__ == "__main__":
    main()
