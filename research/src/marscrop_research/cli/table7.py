"""`marscrop ablate --table 7`: the systems that the paper compares with, trained and measured."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from marscrop.files import write_text
from marscrop_research.cli.arguments import source_commit, train_extra
from marscrop_research.cli.loading import tell_skipped
from marscrop_research.errors import ConfigError

if TYPE_CHECKING:
    from marscrop_research.data.records import PhotoRecord
    from marscrop_research.paper.table7 import Contender, Result
    from marscrop_research.systems.photo_features import FrozenBackbone
    from marscrop_research.systems.runs import SystemRuns

_TOLD_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Table7:
    """What the command was asked for; see its options."""

    data: Path
    weights_dir: Path
    configs: Path
    output: Path
    systems: Sequence[str]
    seeds: int
    epochs: int | None
    frames: int
    hcdb: Path | None
    fat: Path | None
    fixations: Sequence[Path]
    feature_cache: Path | None
    markdown: Path | None


def table7(asked: Table7) -> None:
    """Train what is missing, row by row; measure; print the table, and write it after every row.

    Raises:
        ConfigError: no such system, or a run in the folder is of another schedule.
        DataError: a data set cannot be loaded.
    """
    with train_extra():
        from marscrop_research.paper.table7 import measure
        from marscrop_research.paper.table7_markdown import PROTOCOLS_OF, facts, markdown
        from marscrop_research.systems.registry import SYSTEMS
        from marscrop_research.systems.runs import known_names
        from marscrop_research.systems.speed import frames_per_second

    names = known_names(asked.systems)
    if not asked.fixations and (shown := [n for n in names if SYSTEMS[n].learns_gaze]):
        raise ConfigError(
            f"{shown[0]} learns from where people look: name folders of photos with --fixations, "
            f"or choose other rows with --systems"
        )
    backbone = _backbone(asked)
    runs, measured_on = _load(asked, backbone)
    counts = {"training photos": len(runs.photos) // 2}
    counts |= {f"photos of {name}": len(photos) for name, photos in measured_on.items()}
    data = {name: (photos, PROTOCOLS_OF[name]) for name, photos in measured_on.items()}
    commit, results = source_commit(), list["Result"]()

    def write(speeds: Sequence[float] | None = None) -> str:
        text = markdown(results, speeds)
        if asked.markdown is not None:
            head = facts(_command(asked), range(asked.seeds), counts, commit)
            write_text(asked.markdown, f"{head}\n{text}")
        return text

    for contender in _contenders(asked, names, backbone, runs):
        results.append(measure(contender, data))
        write()
    crops = [result.contender.crop for result in results]
    print(write(frames_per_second(crops, asked.frames) if asked.frames else None), end="")


def _backbone(asked: Table7) -> FrozenBackbone:
    from marscrop_research.config import Config
    from marscrop_research.systems.photo_features import BACKBONE_PAGE, FrozenBackbone

    config = Config.load(asked.configs / f"{BACKBONE_PAGE}.toml")
    return FrozenBackbone(config, asked.weights_dir, asked.feature_cache)


def _load(
    asked: Table7, backbone: FrozenBackbone
) -> tuple[SystemRuns, Mapping[str, Sequence[PhotoRecord]]]:
    """What is learnt from, and what is measured on."""
    from marscrop_research.data.fat import load_fat
    from marscrop_research.data.fcdb import load_fcdb, load_ranked_pairs
    from marscrop_research.data.fixations import load_fixations
    from marscrop_research.data.hcdb import load_hcdb
    from marscrop_research.evaluation.split_evaluation import photos_of
    from marscrop_research.paper.table7_markdown import FAT, FCDB, HCDB
    from marscrop_research.systems.gaze import seen_gaze
    from marscrop_research.systems.runs import SystemRuns

    fcdb = tell_skipped(load_fcdb(asked.data))
    measured_on = {FCDB: photos_of(fcdb, "validation")}
    if asked.hcdb is not None:
        measured_on[HCDB] = photos_of(tell_skipped(load_hcdb(asked.hcdb)), "test")
    if asked.fat is not None:
        measured_on[FAT] = photos_of(tell_skipped(load_fat(asked.fat)), "test")
    looked_at = [photo for folder in asked.fixations for photo in load_fixations(folder).photos]
    pairs = load_ranked_pairs(asked.data).pairs
    runs = SystemRuns(
        asked.output,
        backbone.seen_photos(fcdb.crops("train"), pairs),
        functools.cache(lambda: seen_gaze(backbone, looked_at)),
        asked.epochs,
    )
    return runs, measured_on


def _contenders(
    asked: Table7, names: Sequence[str], backbone: FrozenBackbone, runs: SystemRuns
) -> Iterator[Contender]:
    """The rows, each trained when its turn comes."""
    from marscrop_research.paper.table7 import centre, shipped, trained
    from marscrop_research.systems.answering import Eyes

    eyes = Eyes(backbone)
    yield centre()
    for name in names:
        yield trained([runs.system(name, s, _Told(name, s)) for s in range(asked.seeds)], eyes)
    yield shipped()


class _Told:
    """Progress on stderr, a line now and then."""

    def __init__(self, name: str, seed: int) -> None:
        self._row, self._sum = f"{name}, seed {seed}", 0.0

    def __call__(self, step: int, steps: int, loss: float) -> None:
        self._sum += loss
        if step % _TOLD_EVERY == 0:
            mean = self._sum / _TOLD_EVERY
            print(f"{self._row}: step {step} of {steps}, loss {mean:.4f}", file=sys.stderr)
            self._sum = 0.0


def _command(asked: Table7) -> str:
    options = [f"--seeds {asked.seeds}"]
    options += [f"--epochs {asked.epochs}"] if asked.epochs else []
    options += [f"--systems {','.join(asked.systems)}"] if asked.systems else []
    options += [f"--fixations {folder.name.upper()}" for folder in asked.fixations]
    options += ["--hcdb HCDB"] if asked.hcdb else []
    options += ["--fat FAT"] if asked.fat else []
    return f"marscrop ablate --table 7 {' '.join(options)} --data FCDB --weights-dir WEIGHTS"
