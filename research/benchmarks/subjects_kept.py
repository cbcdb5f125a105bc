"""Do crops keep heads, main subjects and what people look at?

    python research/benchmarks/subjects_kept.py [--data FOLDER] [--labels FOLDER] [--model FOLDER]
        [--faces auto|keep|ignore] [--all] [--every N] [--against RESULT.json] [--json OUT.json]

Held-out photos are asked for ratios of all shapes, and judged are the crops of `marscrop` as it is
installed, the largest crop in the middle, the largest crop with most gaze (of a large network, for
what looking alone comes to), and the crops of an earlier run of this program. Heads are those of
CenterFace's faces in the photos of `osie`, `crowd` and FCDB; main subjects are the largest person
or animal in VOC's photos; fixations are of people, in `osie` and `crowd`. "Fit" is the share of
things that some crop of the ratio can hold; a method that knows only some of the photos has the
number of things behind its figure. Means over ratios are over all things at these ratios.
Differences are paired, with 95 % intervals over photos.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from marscrop.cropper import Cropper
from marscrop.geometry import centre_crop
from marscrop.options import CropOptions
from marscrop.ratio import AspectRatio
from marscrop_research.data.fixations import FIXATIONS_FILE
from marscrop_research.evaluation.photo_crops import (
    CENTRE,
    EARLIER,
    GAZE,
    OURS,
    PhotoCrops,
    read_result,
    write_result,
)
from marscrop_research.evaluation.shares_table import Shares
from marscrop_research.evaluation.subjects_kept import (
    certain_subjects,
    fits,
    heads,
    is_cut,
    is_left_out,
    is_whole,
    main_subject,
    most_gaze_crop,
    points_inside,
    share_inside,
)
from marscrop_research.subjects.sources import (
    FCDB,
    FIXATIONS,
    VOC,
    VOC_SUBJECTS,
    SourcePhoto,
    find_photos,
)
from marscrop_research.subjects.teachers import GAZE_FILE, read_faces, read_gaze

RATIOS = ("1:4", "1:3", "1:2", "9:16", "4:5", "1:1", "16:9", "2:1", "3:1", "4:1")
COMMON = ("1:1", "4:5", "16:9", "9:16")
EXTREME = ("1:4", "1:3", "1:2", "2:1", "3:1", "4:1")
REPORT_EVERY = 200


def crop_all(
    photos: Sequence[SourcePhoto], cropper: Cropper, options: CropOptions
) -> dict[str, PhotoCrops]:
    """Our crops of every photo, and those in the middle, by the photo's key."""
    ratios = {text: AspectRatio.parse(text) for text in RATIOS}
    crops_of = {}
    for done, source in enumerate(photos):
        photo = cropper.open(source.path)
        ours = cropper.crop_photo(photo, list(ratios.values()), options)
        boxes = {
            text: {OURS: crop.box, CENTRE: centre_crop(photo.size, ratio)}
            for (text, ratio), crop in zip(ratios.items(), ours, strict=True)
        }
        crops_of[source.key] = PhotoCrops(photo.size, boxes)
        if done % REPORT_EVERY == 0:
            print(f"<!-- {done} of {len(photos)} photos -->", flush=True)
    return crops_of


def add_gaze(crops_of: dict[str, PhotoCrops], data: Path, labels: Path) -> None:
    """The crops of most gaze, of photos whose gaze is known."""
    if not (labels / GAZE_FILE).exists():
        return
    for photo, gaze in zip(find_photos(data), read_gaze(labels), strict=True):
        if photo.key in crops_of and not np.isnan(gaze[0, 0]):
            size = crops_of[photo.key].size
            for text, boxes in crops_of[photo.key].boxes.items():
                boxes[GAZE] = most_gaze_crop(gaze, size, AspectRatio.parse(text))


def add_earlier(crops_of: dict[str, PhotoCrops], result: Path) -> None:
    """The crops of `marscrop` in an earlier run, of photos that it has."""
    for key, earlier in read_result(result).items():
        for text, boxes in crops_of[key].boxes.items() if key in crops_of else ():
            boxes[EARLIER] = earlier.boxes[text][OURS]


def judge(
    photos: Sequence[SourcePhoto],
    crops_of: dict[str, PhotoCrops],
    data: Path,
    labels: Path,
    methods: Sequence[str],
) -> tuple[Shares, Shares, Shares]:
    """Of heads, main subjects and fixations."""
    faces = read_faces(labels)
    voc = json.loads((data / "voc07_boxes.json").read_text(encoding="utf-8"))
    subjects = certain_subjects(voc, VOC_SUBJECTS)
    fixations = {
        source: json.loads((data / "fixations" / source / FIXATIONS_FILE).read_text())
        for source in FIXATIONS
    }
    ratios = {text: AspectRatio.parse(text) for text in RATIOS}
    of_heads, of_subjects, of_fixations = (Shares(methods) for _ in range(3))
    for photo in photos:
        crops = crops_of[photo.key]
        name, size = photo.path.name, crops.size
        for text, ratio in ratios.items():
            at = (photo.source, photo.key, crops, text)
            if photo.source in (*FIXATIONS, FCDB):
                for head in heads(faces[photo.key], size):
                    of_heads.add(*at, fits(head, size, ratio), partial(share_inside, head))
            if photo.source == VOC and (subject := main_subject(subjects.get(name, []), size)):
                of_subjects.add(*at, fits(subject, size, ratio), partial(share_inside, subject))
            if photo.source in FIXATIONS:
                points = np.array(fixations[photo.source][name], np.float64)
                of_fixations.add(*at, True, partial(points_inside, points, size))
    return of_heads, of_subjects, of_fixations


def tables(of_heads: Shares, of_subjects: Shares, of_fixations: Shares) -> Iterator[str]:
    """All of them, as Markdown."""
    each = {text: (text,) for text in RATIOS}
    common = {"mean of 4": COMMON}
    ratios = {**each, **common, "mean of extreme": EXTREME}
    named = {"osie": ("osie",), "crowd": ("crowd",), "fcdb": (FCDB,)}
    sources = {**named, "all": tuple(s for (s,) in named.values())}
    for word, metric in (("cut", is_cut), ("left out", is_left_out)):
        yield from of_heads.table(f"Heads {word} [%]", metric, sources, ratios)

    metrics = (("whole", is_whole), ("cut", is_cut), ("left out", is_left_out))
    for fit, which in ((True, "that fit"), (False, "that do not fit")):
        for word, metric in metrics if fit else metrics[1:]:
            title = f"Main subjects {which}: {word} [%]"
            yield from of_subjects.table(title, metric, {"voc07": (VOC,)}, ratios, fit)
        title = f"Main subjects {which}: share inside [%]"
        yield from of_subjects.table(title, lambda s: s, {"voc07": (VOC,)}, ratios, fit)

    sources = {**{name: (name,) for name in FIXATIONS}, "all": FIXATIONS}
    yield from of_fixations.table("Fixations inside [%]", lambda s: s, sources, ratios)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--labels", type=Path, default=Path("runs/labels"), help="of the teachers")
    parser.add_argument("--model", type=Path, help="by default the packaged one")
    parser.add_argument("--faces", choices=("auto", "keep", "ignore"), default="auto")
    parser.add_argument("--all", action="store_true", help="photos to learn from, too")
    parser.add_argument("--every", type=int, default=1, help="only every n-th photo")
    parser.add_argument("--against", type=Path, metavar="RESULT.json", help="an earlier run's")
    parser.add_argument("--json", type=Path, help="where to write all boxes")
    options = parser.parse_args()

    wanted = {FCDB, *FIXATIONS, VOC}
    photos = [
        photo
        for photo in find_photos(options.data)
        if photo.source in wanted and (photo.held_out or options.all)
    ][:: options.every]
    cropper = Cropper(options.model, threads=1)
    crops_of = crop_all(photos, cropper, CropOptions.parse(faces=options.faces))
    add_gaze(crops_of, options.data, options.labels)
    made = {"model": str(options.model or "packaged"), "faces": options.faces}
    if options.json:
        write_result(options.json, made, crops_of)
    if options.against:
        add_earlier(crops_of, options.against)
    methods = [OURS, *([EARLIER] if options.against else []), CENTRE, GAZE]
    looked_at = sum(GAZE in crops.boxes[RATIOS[0]] for crops in crops_of.values())
    print(f"{len(photos)} photos, gaze known of {looked_at}; {made}")
    for line in tables(*judge(photos, crops_of, options.data, options.labels, methods)):
        print(line)


if __name__ == "__main__":
    main()
