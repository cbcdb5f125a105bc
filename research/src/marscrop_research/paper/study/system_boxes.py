"""The systems' boxes of any folder of photos, as the files that a study reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from marscrop.files import write_text
from marscrop.geometry import Window
from marscrop.ratio import AspectRatio
from marscrop_research.data.records import CropRecord
from marscrop_research.paper.study.trials import photos_in
from marscrop_research.paper.table7 import Contender


def write_boxes(
    contenders: Sequence[Contender], photos: Path, ratios: Sequence[AspectRatio], folder: Path
) -> list[tuple[str, Path]]:
    """Name and box file of each contender, as `trials.load_study` takes them.

    Args:
        contenders: whose first run answers.
        photos: folder; what cannot be read in it is passed over here, the study tells it.
        ratios: asked of every photo.
        folder: of the files; made if missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {who.name: [] for who in contenders}
    for photo in photos_in(photos)[0]:
        for who in contenders:
            crops: list[dict[str, Any]] = []
            for ratio in ratios:
                shape = Window(0, 0, ratio.width, ratio.height)
                asked = CropRecord(photo.path, photo.size, shape, "test")
                box = who.runs[0](asked)[who.name]
                crops.append({"ratio": ratio.label, "box": list(box)})
            size = {"width": photo.size.width, "height": photo.size.height}
            lines[who.name].append(json.dumps({"image": photo.path.name, **size, "crops": crops}))
    files = [(name, folder / f"{name.replace(' ', '_')}.jsonl") for name in lines]
    for name, file in files:
        write_text(file, "".join(f"{line}\n" for line in lines[name]))
    return files
