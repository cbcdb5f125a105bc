"""Which variants the paper's Tables 1-6 compare, and what it published of each.

The published figures are for FAT's validation photos; ours are for FCDB's: rows compare within
a column, not across.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Row:
    """One variant.

    Attributes:
        label: as in the paper.
        changes: to the model of the base configuration.
        published: (parameters in millions, frames per second, IoU, offset in pixels) as far as
            the paper has them.
        base: name of the configuration page.
        missing: why the row cannot be trained with what is at hand; empty if it can.
        reference: what the other rows of its table are compared with: the one that the paper
            goes on with.
    """

    label: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    published: tuple[float | None, float | None, float | None, float | None] = (None,) * 4
    base: str = "mobilenetv2"
    missing: str = ""
    reference: bool = False


_NO_WEIGHTS: Final = "no ImageNet weights at hand"
_LITE0: Final = "efficientnet_lite0"


def _layer(name: str, layer: str, *published: float, missing: str = "") -> Row:
    base = _LITE0 if name == "EfficientNet-Lite0" else "mobilenetv2"
    figures = (*published, None, None, None, None)[:4]
    reference = (name, layer) == ("MobileNetV2", "c4_6")
    return Row(f"{name} {layer}", _changes(name, layer), figures, base, missing, reference)  # type: ignore[arg-type]


def _changes(name: str, layer: str) -> dict[str, Any]:
    """Where the base page's backbone has another name, that too."""
    backbone = {"VGG16": "vgg16", "ResNet50": "resnet50"}.get(name)
    # Those two are published with symmetric padding only.
    other = {"backbone": backbone, "padding": "symmetric"} if backbone else {}
    return {"layer": layer, **other}


TABLES: Final[dict[int, tuple[Row, ...]]] = {
    1: (
        _layer("MobileNetV2", "c3_3", 1.0, 127, 0.652, 65.1),
        _layer("MobileNetV2", "c4_3", 2.7, 115, 0.688, 53.8),
        _layer("MobileNetV2", "c4_6", 5.6, 108, 0.706, 49.8),
        _layer("MobileNetV2", "c5_1", 14.3, 96, 0.705, 50.9, missing=_NO_WEIGHTS),
        _layer("VGG16", "c3_3", 142.6, 110, 0.672, 64.7, missing=_NO_WEIGHTS),
        _layer("VGG16", "c4_1", 145.0, 107, 0.693, 52.6, missing=_NO_WEIGHTS),
        _layer("VGG16", "c4_3", 149.7, 103, 0.702, 51.1, missing=_NO_WEIGHTS),
        _layer("VGG16", "pool5", 149.7, 102, 0.698, 51.5, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c3_4", 136.4, 115, 0.668, 58.8, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c4_3", 140.7, 96, 0.699, 51.3, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c4_6", 144.0, 86, 0.702, 50.6, missing=_NO_WEIGHTS),
        _layer("ResNet50", "c5_1", 150.6, 81, 0.705, 50.1, missing=_NO_WEIGHTS),
        _layer("EfficientNet-Lite0", "c3_2"),
        _layer("EfficientNet-Lite0", "c4_3"),
        _layer("EfficientNet-Lite0", "c4_6"),
    ),
    2: (
        Row("FC 512x0", {"hidden_layers": 0}, (5.3, 110, 0.701, 50.3)),
        Row("FC 512x1", {}, (5.6, 108, 0.706, 49.8), reference=True),
        Row("FC 512x2", {"hidden_layers": 2}, (5.9, 108, 0.704, 50.1)),
        Row("FC 512x3", {"hidden_layers": 3}, (6.1, 107, 0.704, 50.3)),
        Row("FC 512x4", {"hidden_layers": 4}, (6.4, 105, 0.704, 50.1)),
    ),
    3: (
        Row("w/o ARS-FTM & ARS-PWP", {"ftm": False, "pwp": False}, (None, None, 0.665, 53.6)),
        Row("w/o ARS-FTM", {"ftm": False}, (None, None, 0.694, 52.6)),
        Row("w/o ARS-PWP", {"pwp": False}, (None, None, 0.696, 52.2)),
        Row("ours", {}, (None, None, 0.706, 49.8), reference=True),
    ),
    4: (
        Row("w/o embedding vector", {"embedding": "none"}, (None, None, 0.689, 52.5)),
        Row("w/o interpolation", {"embedding": "nearest"}, (None, None, 0.704, 50.6)),
        Row("proposed", {}, (None, None, 0.706, 49.8), reference=True),
    ),
    5: (
        Row("N 11, dim 512", {"embedding_count": 11}, (None, None, 0.702, 51.5)),
        Row("N 101, dim 512", {}, (None, None, 0.706, 49.8), reference=True),
        Row("N 201, dim 512", {"embedding_count": 201}, (None, None, 0.707, 49.8)),
        Row("N 501, dim 512", {"embedding_count": 501}, (None, None, 0.709, 49.5)),
        Row("N 101, dim 128", {"embedding_dim": 128}, (None, None, 0.699, 51.6)),
        Row("N 101, dim 256", {"embedding_dim": 256}, (None, None, 0.700, 50.7)),
        Row("N 101, dim 1024", {"embedding_dim": 1024}, (None, None, 0.708, 49.4)),
    ),
    6: (
        Row("1/16, C_out 96", {"out_stride": 16}, (5.5, 113, 0.695, 52.1)),
        Row("1/8, C_out 96", {"out_stride": 8}, (5.6, 110, 0.702, 52.0)),
        Row("1/4, C_out 96", {}, (5.6, 108, 0.706, 49.8), reference=True),
        Row("1/2, C_out 96", {"out_stride": 2}, (5.6, 105, 0.705, 50.3)),
        Row("1/1, C_out 96", {"out_stride": 1}, (5.7, 101, 0.708, 49.5)),
        Row("1/4, C_out 32", {"out_channels": 32}, (5.5, 108, 0.703, 50.4)),
        Row("1/4, C_out 64", {"out_channels": 64}, (5.5, 108, 0.704, 50.2)),
        Row("1/4, C_out 128", {"out_channels": 128}, (5.7, 107, 0.703, 50.1)),
        Row("1/4, C_out 256", {"out_channels": 256}, (6.2, 105, 0.703, 50.0)),
    ),
}
