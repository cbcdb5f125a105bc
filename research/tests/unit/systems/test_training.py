"""The one loop: a function of the seed, and a run that is killed ends as if it had not been."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
import torch
from research.tests.unit.systems.made_batches import lit_batch
from research.tests.unit.training.runs import KilledError, differing
from torch import Generator, Tensor, nn

from marscrop.errors import ModelError
from marscrop.geometry import Size, Window
from marscrop.ratio import AspectRatio
from marscrop_research.errors import ConfigError
from marscrop_research.systems import runs as runs_module
from marscrop_research.systems import training
from marscrop_research.systems.photo_features import CHANNELS, SeenPhoto
from marscrop_research.systems.runs import SystemRuns, known_names, read_systems
from marscrop_research.systems.system import Batch, Published, Schedule, System
from marscrop_research.systems.training import batch_of, train_system
from marscrop_research.systems.windows import window_of


class Small(System):
    """Regresses the human crop's centre, with dropout and noise, so that all randomness counts."""

    name: ClassVar[str] = "small"
    title: ClassVar[str] = "Small"
    paper: ClassVar[str] = "nobody"
    published: ClassVar[Published] = Published("none")
    bends: ClassVar[str] = "all of it"
    schedule: ClassVar[Schedule] = Schedule(epochs=2, batch_size=4)

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Sequential(nn.Dropout(0.5), nn.Linear(CHANNELS, 4))

    def loss(self, batch: Batch, generator: Generator) -> Tensor:
        noise = torch.randn(len(batch.features), CHANNELS, generator=generator)
        said: Tensor = self.line(batch.features.mean((2, 3)) + 0.1 * noise)
        return (said - batch.boxes).square().mean()

    def predict(self, features: Tensor, size: Size, ratio: AspectRatio) -> Window:
        return Window(0, 0, 1, 1)


class Pupil(Small):
    """Needs the small one."""

    name: ClassVar[str] = "pupil"
    teachers: ClassVar[tuple[str, ...]] = ("small",)


def made_photos(count: int = 12) -> list[SeenPhoto]:
    batch = lit_batch(count)
    rows = zip(batch.features.half(), batch.sizes, batch.boxes, batch.ranked, strict=True)
    return [SeenPhoto(f, size, window_of(box), ranked) for f, size, box, ranked in rows]


def trained(folder: Path, **changes: object) -> dict[str, Tensor]:
    options = {"seed": 0, **changes}
    return dict(train_system(Small, made_photos(), folder, **options).state_dict())  # type: ignore[arg-type]


def test_the_seed_decides(tmp_path: Path) -> None:
    first, same = trained(tmp_path / "a"), trained(tmp_path / "b")
    assert differing(first, same) == []
    assert differing(first, trained(tmp_path / "c", seed=1))


def test_a_killed_run_ends_as_if_it_had_not_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_SAVED_EVERY", 2)
    whole = trained(tmp_path / "whole", epochs=3)

    def kill(step: int, steps: int, loss: float) -> None:
        if step == 5:
            raise KilledError

    with pytest.raises(KilledError):
        trained(tmp_path / "killed", epochs=3, watch=kill)
    seen: list[int] = []
    resumed = trained(tmp_path / "killed", epochs=3, watch=lambda step, *_: seen.append(step))
    assert seen == [5, 6, 7, 8, 9]
    assert differing(whole, resumed) == []


def test_what_is_trained_is_only_read(tmp_path: Path) -> None:
    first = trained(tmp_path)
    seen: list[int] = []
    again = trained(tmp_path, watch=lambda step, *_: seen.append(step))
    assert (seen, differing(first, again)) == ([], [])


def test_another_schedule_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    with pytest.raises(ConfigError, match="holds a run of"):
        trained(tmp_path, epochs=5)


def test_batches_have_one_shape_and_all_photos_come() -> None:
    photos = made_photos(8)
    photos += [SeenPhoto(p.features[..., :12], p.size, p.box) for p in photos[:3]]
    order = training._Order(photos, Schedule(batch_size=4))
    shapes = [order.batch(Generator().manual_seed(s)).features.shape for s in range(40)]
    assert {tuple(shape) for shape in shapes} == {(4, CHANNELS, 11, 16), (3, CHANNELS, 11, 12)}
    narrow = sum(shape[3] == 12 for shape in shapes)
    assert 4 <= narrow <= 18  # 3 of 11 photos


def test_a_batch_knows_the_human_crops_ratios() -> None:
    batch = batch_of(made_photos(2))
    assert batch.log_ratio.tolist() == pytest.approx([0, 0], abs=1e-3)  # squares of a 3:2 photo


@pytest.fixture
def small_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_module, "SYSTEMS", {"small": Small, "pupil": Pupil})


@pytest.mark.usefixtures("small_registry")
def test_teachers_are_trained_first_with_the_same_seed(tmp_path: Path) -> None:
    runs = SystemRuns(tmp_path, made_photos(), epochs=1)
    pupil = runs.system("pupil", 3)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["pupil-e1-s3", "small-e1-s3"]
    assert pupil.taught_by["small"] is runs.system("small", 3)


@pytest.mark.usefixtures("small_registry")
def test_trained_systems_are_read_with_their_teachers(tmp_path: Path) -> None:
    made = SystemRuns(tmp_path, made_photos(), epochs=1).system("pupil", 0)
    found = read_systems(tmp_path)
    assert list(found) == ["small", "pupil"]
    assert differing(dict(found["pupil"].state_dict()), dict(made.state_dict())) == []
    assert found["pupil"].taught_by["small"] is found["small"]
    with pytest.raises(ModelError, match="seed 1"):
        read_systems(tmp_path, seed=1)


def test_names_are_checked() -> None:
    assert known_names(["vfn"]) == ["vfn"]
    assert "mars" in known_names([])
    with pytest.raises(ConfigError, match="got 'vnf'"):
        known_names(["vnf"])
