"""Votes, in an SQLite file: one a voter and trial, safe at once, counted from the file alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from marscrop_research.errors import DataError
from marscrop_research.evaluation.bootstrap import Bootstrap, Estimate

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS votes (
    voter TEXT NOT NULL,
    trial TEXT NOT NULL,
    photo TEXT NOT NULL,
    methods TEXT NOT NULL,  -- JSON: all that were shown
    won TEXT NOT NULL,      -- JSON: those whose crop was chosen; all of them: no difference
    at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (voter, trial)
)
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What a study came to.

    Attributes:
        shares: by method, best first: of the votes that it was shown for, those it won, 0..1, with
            a 95 % interval from resampling photos. A vote for a crop that several methods made is
            shared among them.
        votes, voters, photos: how many.
    """

    shares: dict[str, Estimate]
    votes: int
    voters: int
    photos: int


class Votes:
    """The file. A connection a call: any thread may vote."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        """Open or make the file.

        Raises:
            DataError: it cannot be opened, or is none of ours.
        """
        self._path = path
        if must_exist and not path.is_file():
            raise DataError(f"{path}: no such file; votes are stored there by `marscrop study run`")
        with self._opened() as database:
            database.execute(_TABLE)

    def cast(
        self, voter: str, trial: str, photo: str, methods: Sequence[str], won: Sequence[str]
    ) -> None:
        """Store a vote; a second one of a voter on a trial replaces the first."""
        with self._opened() as database:
            database.execute(
                "INSERT OR REPLACE INTO votes (voter, trial, photo, methods, won) "
                "VALUES (?, ?, ?, ?, ?)",
                (voter, trial, photo, json.dumps(sorted(methods)), json.dumps(sorted(won))),
            )

    def done(self, voter: str) -> set[str]:
        """The trials that a voter has voted on."""
        with self._opened() as database:
            rows = database.execute("SELECT trial FROM votes WHERE voter = ?", (voter,))
            return {trial for (trial,) in rows}

    def result(self) -> Result:
        """Count.

        Raises:
            DataError: there are no votes.
        """
        with self._opened() as database:
            rows = database.execute("SELECT voter, photo, methods, won FROM votes").fetchall()
        if not rows:
            raise DataError(f"{self._path}: holds no votes yet")
        cast = [(photo, json.loads(shown), json.loads(won)) for _, photo, shown, won in rows]
        methods = sorted({method for _, shown, _ in cast for method in shown})
        shares = {method: _share(method, cast) for method in methods}
        best_first = sorted(shares.items(), key=lambda item: -item[1].mean)
        voters, photos = ({row[column] for row in rows} for column in (0, 1))
        return Result(dict(best_first), len(rows), len(voters), len(photos))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=10)) as database, database:
                yield database
        except sqlite3.Error as error:
            raise DataError(f"{self._path}: no file of votes that works ({error})") from None


def _share(method: str, cast: Sequence[tuple[str, list[str], list[str]]]) -> Estimate:
    mine = [(photo, won) for photo, shown, won in cast if method in shown]
    photos = {photo: number for number, photo in enumerate(dict.fromkeys(p for p, _ in mine))}
    parts = np.array([(method in won) / len(won) for _, won in mine], np.float64)
    return Bootstrap([photos[photo] for photo, _ in mine]).mean(parts)
