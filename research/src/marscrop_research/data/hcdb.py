"""HCDB, also called FLMS (Fang et al., ACM Multimedia 2014): 500 photos, ten experts' crops each.

A folder with the photos in `images/` (or `image/`, as published) and either

- `hcdb.json` (or the only JSON file there is): `{file: [[x0, y0, x1, y1], ...]}`, or
- `500_image_dataset.mat`, as published: a struct array `img_gt` with `filename` and `bbox`, a
  matrix with one crop a row. Its rows are taken to be y0, x0, y1, x1, as every public reader of
  the file has it; the file itself was not at hand, so check a few by eye, or let
  `marscrop data check hcdb` look whether crops lie outside. Needs SciPy.

In both, a crop with a negative coordinate is one that an expert did not make.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from marscrop.files import write_text
from marscrop.geometry import Window
from marscrop_research.data.intake import Intake, find_file, find_folder, photo_size
from marscrop_research.data.records import DataSet
from marscrop_research.data.values import CORNERS, ROWS_FIRST, BoxForm, expect_list, expect_object
from marscrop_research.errors import DataError

BOXES_FILE: Final = "hcdb.json"
MAT_FILE: Final = "500_image_dataset.mat"
IMAGE_FOLDERS: Final = ("images", "image")

_EXPECTED: Final = f"HCDB: images/ and {BOXES_FILE} or {MAT_FILE}"


def load_hcdb(folder: Path, *, mat_form: BoxForm = ROWS_FIRST) -> DataSet:
    """All crops of each photo [px of the photo]; every photo is of the test split.

    Crops that an expert did not make are counted in `unannotated`; bad crops and photos are
    skipped and reported.

    Args:
        folder: of the data set.
        mat_form: the order of the numbers in the .mat file, should it not be the usual one.

    Raises:
        DataError: no annotation or no folder of photos, or the annotation is no JSON object or
            no such .mat: nothing can be loaded.
    """
    intake = Intake("hcdb", folder)
    file = find_file(folder, (BOXES_FILE, MAT_FILE), _EXPECTED)
    if file.suffix == ".mat":
        form, entries = mat_form, read_mat(file)
    else:
        content = expect_object(intake.read_json(file, _EXPECTED), f"{file}: ")
        form, entries = CORNERS, list(content.items())
    images = find_folder(folder, IMAGE_FOLDERS, _EXPECTED)
    for name, boxes in entries:
        place = f"{intake.place(file)}, entry {name!r}"
        with intake.at(place):
            path = images / name
            size = photo_size(path)
            kept: list[Window] = []
            for index, value in enumerate(expect_list(boxes)):
                with intake.at(f"{place}, box {index}"):
                    if min(form.edges(value)) < 0:
                        intake.unannotated += 1
                    else:
                        kept.append(form.inside(value, size))
            intake.take(path, size, kept, "test")
    return intake.data_set()


def read_mat(file: Path) -> list[tuple[str, list[list[float]]]]:
    """Each file name of the published .mat and its crops, four numbers in the file's own order.

    Raises:
        DataError: SciPy is missing, or the file is not the one published.
    """
    try:
        from scipy.io import loadmat
    except ModuleNotFoundError:
        raise DataError(
            f"{file}: reading it needs SciPy: pip install scipy; or write {BOXES_FILE} elsewhere"
        ) from None
    try:
        content = loadmat(file, simplify_cells=True)["img_gt"]
        return [_mat_entry(e) for e in ([content] if isinstance(content, dict) else content)]
    except Exception as error:  # its readers raise almost anything on a broken file
        raise DataError(
            f"{file}: expected a struct array img_gt with filename and bbox ({error!r})"
        ) from None


def convert_mat(file: Path, output: Path, *, mat_form: BoxForm = ROWS_FIRST) -> None:
    """Write the published .mat as JSON, x0, y0, x1, y1, for machines without SciPy.

    Crops that were not made stay negative, and whether boxes fit their photos is not looked at.

    Raises:
        DataError: as `read_mat`; or a number is not finite, or a file name occurs twice.
    """
    entries = read_mat(file)
    table = {name: [list(mat_form.edges(box)) for box in boxes] for name, boxes in entries}
    if len(table) < len(entries):
        raise DataError(f"{file}: {len(entries) - len(table)} file names occur twice")
    write_text(output, json.dumps(table))


def _mat_entry(entry: Any) -> tuple[str, list[list[float]]]:
    import numpy as np

    boxes = np.asarray(entry["bbox"], dtype=float).reshape(-1, 4)
    return str(entry["filename"]), boxes.tolist()
