"""A model run by the parts in C (marscrop/native/network.c), on one core for each photo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from marscrop.native import Library
from marscrop.runtime.compiled_model import BLOCK, CompiledModel
from marscrop.subjects.subject_map import SubjectOutputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from marscrop.runtime.engine import Parameters

    Floats = NDArray[np.float32]

_BEYOND: Final = BLOCK
"""Numbers behind what products write (MC_BEYOND of network.h, in floats)."""


class CompiledEngine:
    """See `marscrop.runtime.engine.Engine`.

    Every number is the same on every processor; those of quantised networks are ONNX Runtime's.
    """

    def __init__(self, native: Library, level: int, model: CompiledModel) -> None:
        """An engine of a model that is translated.

        Args:
            native: the parts in C.
            level: what of the processor they use, at most `mc_network_level()`.
            model: all that it runs.
        """
        self._native, self._level = native, level
        self._program, self._table, self._head = model
        self._multiple = int(self._program.tensors[:, 1].max())
        kinds = self._program.layers[:, 0]
        self._all = self._network(len(kinds))
        self._features_alone = self._network(1 + int(np.argmax(kinds == native.lib.MC_OUTPUT)))
        self._scratches: list[NDArray[np.uint8]] = []

    def features(self, rgb: NDArray[np.uint8]) -> Floats:
        """See `Engine`."""
        return self._run(rgb, self._features_alone, outputs=1)[0][None]

    def features_and_subjects(self, rgb: NDArray[np.uint8]) -> tuple[Floats, SubjectOutputs | None]:
        """See `Engine`."""
        features, *subjects = self._run(rgb, self._all, len(self._program.outputs))
        if not subjects:
            return features[None], None
        gaze, heads, others = subjects
        return features[None], SubjectOutputs(gaze, heads[None], others[None])

    def parameters(self, log_ratio: float) -> Parameters:
        """See `Engine`."""
        scales, pwp = self._table.at(log_ratio)
        components = self._table.components
        ftm = np.empty_like(self._table.middle)
        self._native.lib.mc_combine(
            self._level,
            self._in("float[]", scales),
            len(scales),
            self._in("int8_t[]", components),
            self._in("float[]", self._table.middle),
            ftm.size,
            self._in("float[]", ftm),
        )
        channels = math.isqrt(ftm.size)
        return ftm.reshape(1, channels, channels), pwp[None]

    def logits(self, features: Floats, parameters: Sequence[Parameters]) -> Floats:
        """See `Engine`."""
        channels, height, width = features.shape
        weights, biases, pixels = self._head.weights, self._head.biases, self._head.pixels
        if channels != weights.shape[1]:
            raise ValueError(f"features of {channels} channels, not {weights.shape[1]}")
        rows = np.ascontiguousarray(features.reshape(channels, -1).T, np.float32)
        sums = self._products(rows, weights, np.zeros_like(biases))
        mean = np.zeros((1, channels, BLOCK), np.float32)
        mean[0, :, 0] = rows.mean(axis=0)
        ftm = np.concatenate([one for one, _ in parameters]).reshape(-1, channels)
        moved = self._products(ftm, mean, np.zeros(BLOCK, np.float32), columns=1)
        added = self._products(moved.reshape(-1, channels), weights, biases)
        side = math.isqrt(pixels)
        kept = len(biases) // pixels
        scores = np.empty((len(parameters), pixels, len(rows)), np.float32)
        for index, (_, pwp) in enumerate(parameters):
            for pixel in range(pixels):
                first = pixel * kept
                self._native.lib.mc_scores(
                    self._level,
                    self._in("float[]", sums) + first,
                    len(rows),
                    len(biases),
                    self._in("float[]", added[index, first:]),
                    self._in("float[]", pwp),
                    kept,
                    self._in("float[]", scores[index, pixel]),
                )
        maps = scores.reshape(-1, side, side, height, width).transpose(0, 3, 1, 4, 2)
        return maps.reshape(-1, height * side, width * side)

    def _products(
        self, rows: Floats, weights: Floats, biases: Floats, columns: int | None = None
    ) -> Floats:
        """(rows, columns): `weights` are packed, and have whole blocks of columns by default."""
        wanted = columns or len(biases)
        count, length = rows.shape
        out = np.empty(count * wanted + _BEYOND, np.float32)
        self._native.lib.mc_products(
            self._level,
            self._in("float[]", rows),
            count,
            length,
            self._in("float[]", weights),
            self._in("float[]", biases),
            wanted,
            self._in("float[]", out),
        )
        return out[: count * wanted].reshape(count, wanted)

    def _network(self, layers: int) -> Any:
        """The program's first layers, as C has them."""
        ffi, program = self._native.ffi, self._program
        return ffi.new(
            "McNetwork *",
            {
                "layers": ffi.from_buffer("McLayer[]", program.layers),
                "layer_count": layers,
                "tensors": ffi.from_buffer("McTensor[]", program.tensors),
                "tensor_count": len(program.tensors),
                "slot_count": program.slots,
                "numbers": ffi.from_buffer("uint8_t[]", program.numbers),
                "level": self._level,
            },
        )

    def _run(self, rgb: NDArray[np.uint8], network: Any, outputs: int) -> list[Floats]:
        """The first outputs for a picture, each (channels, h, w)."""
        height, width = rgb.shape[:2]
        if height % self._multiple or width % self._multiple or not rgb.size:
            raise ValueError(f"sides of {width} x {height}, not multiples of {self._multiple}")
        if rgb.shape[2:] != (3,) or rgb.dtype != np.uint8:
            raise ValueError(f"a picture of {rgb.dtype}, {rgb.shape}")
        lib = self._native.lib
        picture = np.ascontiguousarray(rgb)
        found = [
            np.empty((channels, height // divisor, width // divisor), np.float32)
            for _, channels, divisor in self._program.outputs[:outputs]
        ]
        places = self._native.ffi.new("float *[]", [self._in("float[]", one) for one in found])
        needed = lib.mc_network_scratch(network, height, width)
        scratch = self._scratch(needed)
        lib.mc_network_run(
            network,
            self._in("uint8_t[]", picture),
            height,
            width,
            self._in("uint8_t[]", scratch),
            places,
        )
        self._scratches.append(scratch)
        return found

    def _scratch(self, size: int) -> NDArray[np.uint8]:
        """Memory that no other thread uses; new memory would cost a tenth of the whole run."""
        try:
            scratch = self._scratches.pop()
        except IndexError:
            return np.empty(size, np.uint8)
        return scratch if scratch.size >= size else np.empty(size, np.uint8)

    def _in(self, kind: str, array: NDArray[Any]) -> Any:
        return self._native.ffi.from_buffer(kind, array)
