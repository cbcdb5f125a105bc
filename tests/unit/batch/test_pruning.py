"""Which photos a manifest may lose without being asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from marscrop.batch import pruning
from marscrop.batch.pruning import check_manifest_keeps_photos
from marscrop.batch.store import Store
from marscrop.errors import OptionError


def manifest_of(folder: Path, source: str) -> Store:
    (folder / "manifest.jsonl").write_text(json.dumps({"source": source}) + "\n")
    return Store(str(folder))


@pytest.mark.parametrize("source", ["gone.jpg", "file/gone.jpg", "nowhere://x.jpg"])
def test_what_is_not_there_may_go(tmp_path: Path, source: str) -> None:
    (tmp_path / "file").touch()
    place = source if "://" in source else str(tmp_path / source)
    check_manifest_keeps_photos(manifest_of(tmp_path, place), [])


def test_a_store_that_cannot_be_asked_may_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unreachable:
        def info(self, path: str) -> dict[str, Any]:
            raise ConnectionError("no route to host")

    monkeypatch.setattr(pruning, "filesystem", lambda url: (Unreachable(), url))
    with pytest.raises(OptionError, match="would lose 1 photos"):
        check_manifest_keeps_photos(manifest_of(tmp_path, "s3://bucket/a.jpg"), [])
