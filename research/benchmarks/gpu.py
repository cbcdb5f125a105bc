"""Photos a second of the packaged features on a CUDA device, beside the decoding that feeds it.

    python research/benchmarks/gpu.py [--model FOLDER] [--batches 1 16 64 256] [--seconds 3]

The device needs `onnxruntime-gpu` in an environment of its own, as it takes the place of
`onnxruntime`; without it the processor alone is measured, and the answer says so. The exported
graph takes one photo; here its first dimension is freed. "On the device" has inputs and outputs
there (I/O binding), so that it is the network's rate; "copied" has photos copied there and features
back. Decoding is marscrop's, JPEG in memory to the network's picture, a thread a core. The share of
the roofline counts multiplications and additions of convolutions, against those of a large matrix
product by torch in bf16, if torch sees the device.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from marscrop import Cropper
from marscrop.bench.machine import describe_machine
from marscrop.bench.photos import SIZES, encode_photo
from marscrop.cores import usable_cores
from marscrop.imaging.photo import open_photo
from marscrop.runtime.quiet_onnxruntime import ort

MODEL: Final = Path(__file__).resolve().parents[2] / "src/marscrop/models/default"
SHAPE: Final = (144, 192)
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


def with_free_batch(path: Path) -> bytes:
    """The graph with any number of photos as its first dimension."""
    model = onnx.load(path)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "photos"
    del model.graph.value_info[:]
    content: bytes = model.SerializeToString()
    return content


def operations_a_photo(path: Path) -> float:
    """Multiplications and additions of its convolutions, for a photo of `SHAPE`."""
    model = onnx.load(path)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = SHAPE[0]
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_value = SHAPE[1]
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in (*graph.value_info, *graph.output)
    }
    weights = {one.name: list(one.dims) for one in graph.initializer}
    behind = {node.output[0]: node.input[0] for node in graph.node}
    total = 0.0
    for node in graph.node:
        if node.op_type == "Conv":
            kernel = node.input[1]
            while kernel not in weights:
                kernel = behind[kernel]
            total += 2.0 * math.prod(weights[kernel][1:]) * math.prod(shapes[node.output[0]])
    return total


def rate(call: Callable[[], object], photos: int, seconds: float) -> float:
    """Photos a second of a call, after two to warm up."""
    call()
    call()
    started, calls = time.perf_counter(), 0
    while (took := time.perf_counter() - started) < seconds:
        call()
        calls += 1
    return photos * calls / took


def network_rates(
    content: bytes, provider: str, batches: list[int], seconds: float
) -> dict[str, dict[str, int]]:
    """Photos a second, by batch, on the device and with copies."""
    session = ort.InferenceSession(content, providers=[provider])
    if provider not in session.get_providers():
        raise SystemExit(f"{provider} could not be started; ONNX Runtime's line is above")
    device = "cuda" if provider == CUDA else "cpu"
    input_ = session.get_inputs()[0]
    found = {}
    for batch in batches:
        pixels: NDArray[Any] = np.random.default_rng(0).integers(
            0, 256, (batch, *SHAPE, 3), np.uint8
        )
        if input_.type != "tensor(uint8)":
            pixels = (pixels.transpose(0, 3, 1, 2) / np.float32(128) - 1).astype(np.float32)
        binding = session.io_binding()
        binding.bind_ortvalue_input(input_.name, ort.OrtValue.ortvalue_from_numpy(pixels, device))
        binding.bind_output("features", device)
        fed = {input_.name: pixels}

        def bound(binding: Any = binding) -> None:
            session.run_with_iobinding(binding)
            binding.synchronize_outputs()

        def copied(fed: dict[str, Any] = fed) -> None:
            session.run(["features"], fed)

        found[str(batch)] = {
            "on the device": round(rate(bound, batch, seconds)),
            "copied": round(rate(copied, batch, seconds)),
        }
    return found


def decoding_rate(size: str, seconds: float) -> float:
    """Photos a second of decoding on all cores."""
    content, cropper, cores = encode_photo(SIZES[size], ".jpg"), Cropper(threads=1), usable_cores()

    def decode(_: int) -> None:
        photo = open_photo(content)
        photo.analysis_rgb(cropper.input_size(photo), threads=1)

    with ThreadPoolExecutor(cores) as pool:
        return rate(lambda: list(pool.map(decode, range(cores))), cores, seconds)


def matrix_flops() -> float | None:
    """Operations a second of a large matrix product in bf16 on the device; None without one."""
    try:
        import torch
    except ModuleNotFoundError:
        return None
    if not torch.cuda.is_available():
        return None
    matrix = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)

    def product() -> None:
        matrix @ matrix
        torch.cuda.synchronize()

    return 2 * 8192**3 * rate(product, 1, 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 16, 64, 256])
    parser.add_argument("--seconds", type=float, default=3.0)
    options = parser.parse_args()
    features = options.model / "features.onnx"
    content, operations = with_free_batch(features), operations_a_photo(features)
    result: dict[str, Any] = {
        "machine": describe_machine(None),
        "operations_a_photo": operations,
        "decoding, photos/s": {
            size: round(decoding_rate(size, options.seconds))
            for size in ("0.2 MP", "3 MP", "16 MP")
        },
        CPU: network_rates(content, CPU, options.batches, options.seconds),
    }
    if CUDA in ort.get_available_providers():
        result[CUDA] = network_rates(content, CUDA, options.batches, options.seconds)
        peak, best = matrix_flops(), max(b["on the device"] for b in result[CUDA].values())
        result["share of the roofline"] = peak and best * operations / peak
    else:
        result[CUDA] = "not run: this ONNX Runtime has no CUDA (onnxruntime-gpu has)"
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
