"""Photos of earlier runs that a manifest would lose to the next one."""

from __future__ import annotations

from collections.abc import Iterable

from marscrop.batch.job import Task
from marscrop.batch.results import JSON_LINES, read_sources
from marscrop.batch.store import Store, filesystem
from marscrop.errors import MarscropError, OptionError
from marscrop.spelling import Mention


def check_manifest_keeps_photos(store: Store, tasks: Iterable[Task]) -> None:
    """Nothing, where every photo in the manifest has a task, or is there no more.

    Else the run was given only some of its sources, or the wrong target.

    Raises:
        OptionError: the manifest would lose a photo.
        StorageError: the target cannot be reached.
    """
    asked = {task.source for task in tasks}
    others = list(dict.fromkeys(name for name in read_sources(store) if name not in asked))
    lost = next((name for name in others if _is_there(name)), None)
    if lost is not None:
        raise OptionError(
            (
                f"{store.url.rstrip('/')}/{JSON_LINES} would lose {len(others):,} photos that are "
                f"not among the sources, such as {lost}; name their sources too, or another "
                f"target with ",
                Mention("target"),
                ", or drop them with ",
                Mention("prune"),
            ),
            "prune",
            got=False,
        )


def _is_there(source: str) -> bool:
    """Whether a photo is there, or may be: its store does not say that it is not."""
    try:
        fs, path = filesystem(source)
        fs.info(path)
    except (FileNotFoundError, NotADirectoryError, MarscropError):
        return False
    except Exception:  # each filesystem has errors of its own
        return True
    return True
