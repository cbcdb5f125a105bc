"""A folder of trained systems: made, and read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marscrop.errors import ModelError
from marscrop_research.errors import ConfigError
from marscrop_research.network.checkpoint import load_checkpoint
from marscrop_research.systems.gaze import SeenGaze
from marscrop_research.systems.photo_features import SeenPhoto
from marscrop_research.systems.registry import SYSTEMS
from marscrop_research.systems.system import System
from marscrop_research.systems.training import CHECKPOINT, Watch, train_system


@dataclass(slots=True)
class SystemRuns:
    """Trains what is missing of the systems, teachers first, and keeps what it has.

    Attributes:
        folder: under which the runs lie, one folder a system, schedule and seed.
        photos: to learn from.
        gazes: gives photos with fixations; called only for a system that learns from them.
        epochs: in place of each system's own.
    """

    folder: Path
    photos: Sequence[SeenPhoto]
    gazes: Callable[[], Sequence[SeenGaze]] = tuple
    epochs: int | None = None
    _kept: dict[tuple[str, int], System] = field(default_factory=dict)

    def system(self, name: str, seed: int, watch: Watch = lambda step, steps, loss: None) -> System:
        """A trained system, in evaluation mode.

        Raises:
            ConfigError: see `training.train_system`.
            ModelError: a run in the folder cannot be read.
        """
        if (name, seed) not in self._kept:
            kind = SYSTEMS[name]
            self._kept[name, seed] = train_system(
                kind,
                self.photos,
                self.folder / f"{name}-e{self.epochs or kind.schedule.epochs}-s{seed}",
                seed=seed,
                epochs=self.epochs,
                teachers={teacher: self.system(teacher, seed, watch) for teacher in kind.teachers},
                gazes=self.gazes() if kind.learns_gaze else (),
                watch=watch,
            )
        return self._kept[name, seed]


def known_names(names: Sequence[str]) -> list[str]:
    """The same names, or all of the registry's for none.

    Raises:
        ConfigError: there is no such system.
    """
    for name in names:
        if name not in SYSTEMS:
            raise ConfigError(f"systems are {', '.join(SYSTEMS)}; got {name!r}")
    return list(names or SYSTEMS)


def read_systems(folder: Path, seed: int = 0) -> dict[str, System]:
    """The systems whose training of one seed is complete, by name, in the registry's order.

    Raises:
        ModelError: there are none, one's teacher is missing, or a checkpoint cannot be read.
    """
    states = dict(_states(folder, seed))
    found: dict[str, System] = {}
    for name in SYSTEMS:
        if name in states:
            found[name] = _restored(name, states[name], found, folder)
    if not found:
        raise ModelError(
            folder, f"no trained systems of seed {seed}; `ablate --table 7` trains them"
        )
    return found


def _states(folder: Path, seed: int) -> Iterator[tuple[str, dict[str, object]]]:
    for file in sorted(folder.glob(f"*-s{seed}/{CHECKPOINT}")):
        kept = load_checkpoint(file)
        if kept["step"] == kept["steps"]:
            yield kept["config"]["system"], kept["model"]


def _restored(
    name: str, state: Mapping[str, object], others: Mapping[str, System], folder: Path
) -> System:
    kind = SYSTEMS[name]
    if missing := [teacher for teacher in kind.teachers if teacher not in others]:
        raise ModelError(folder, f"{name} was taught by {missing[0]}, which is not there")
    system = kind()
    system.learn_from({teacher: others[teacher] for teacher in kind.teachers})
    system.load_state_dict(state)
    return system.eval()
