"""Images a second in training, and what share of the machine's arithmetic that is.

    .venv/bin/python research/benchmarks/training_speed.py [--config FILE] [--steps 20]

Forward, loss, backward and optimiser step on made images that lie ready, so that reading photos
does not count: on the CPU in 32 bits with `--threads`, and on a CUDA device, if any, in bf16
with larger batches. The roofline is that of arithmetic: floating point operations counted by torch,
against those of a large matrix product on the same device and type, measured just before.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from marscrop.bench.machine import describe_machine
from marscrop_research.config import Config
from marscrop_research.network.mars import Mars
from marscrop_research.training.losses import box_target, crop_loss

ROOT = Path(__file__).resolve().parents[2]
_MATRIX = {"cpu": 1536, "cuda": 8192}
_SHAPE = (192, 256)


def finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def seconds(call: Callable[[], Any], repeats: int, device: torch.device) -> float:
    """Median of a call, after two to warm up."""
    times = []
    for index in range(repeats + 2):
        finish(device)
        started = time.perf_counter()
        call()
        finish(device)
        if index >= 2:
            times.append(time.perf_counter() - started)
    return sorted(times)[len(times) // 2]


def peak_flops(device: torch.device, dtype: torch.dtype) -> float:
    """What a large matrix product reaches [operations / s]."""
    side = _MATRIX[device.type]
    matrix = torch.randn(side, side, device=device, dtype=dtype)
    return 2 * side**3 / seconds(lambda: matrix @ matrix, 5, device)


def measure(config: Config, device: torch.device, batch: int, steps: int) -> dict[str, Any]:
    """One device and batch size."""
    bf16 = device.type == "cuda"
    model = Mars(config.model).to(device).to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    images = torch.randn(batch, 3, *_SHAPE, device=device).to(memory_format=torch.channels_last)
    log_ratio = torch.linspace(*config.model.log_ratio_range, batch, device=device)
    boxes = torch.tensor([[0.2, 0.1, 0.9, 0.8]], device=device).repeat(batch, 1)

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            logits = model(images, log_ratio)
        _, rows, columns = logits.shape
        target = box_target(boxes, rows, columns, "hard")
        loss = crop_loss(logits.float(), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    # The backward pass counts as twice the forward one: torch counts that of grouped convolutions
    # as if they were dense.
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(images, log_ratio)
    operations = 3 * counter.get_total_flops()
    taken = seconds(step, steps, device)
    peak = peak_flops(device, torch.bfloat16 if bf16 else torch.float32)
    return {
        "device": torch.cuda.get_device_name() if bf16 else "cpu",
        "type": "bf16" if bf16 else "float32",
        "batch": batch,
        "images_per_s": round(batch / taken, 1),
        "gflop_per_image": round(operations / batch / 1e9, 2),
        "roofline_share": round(operations / taken / peak, 3),
        "peak_gflops": round(peak / 1e9, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", type=Path, default=ROOT / "configs" / "efficientnet_lite0.toml")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    config = Config.load(options.config)
    runs = [measure(config, torch.device("cpu"), options.batch, options.steps)]
    if torch.cuda.is_available():
        runs += [measure(config, torch.device("cuda"), b, options.steps) for b in (32, 128, 512)]
    machine = describe_machine(options.threads) | {"torch": torch.__version__}
    print(json.dumps({"machine": machine, "config": config.name, "runs": runs}, indent=2))


if __name__ == "__main__":
    main()
