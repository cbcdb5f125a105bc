"""Coverage-guided fuzzing of every parser of this package: not a test.

.venv/bin/pip install atheris==3.0.0
PYTHONPATH=. .venv/bin/python tests/hostile/fuzz_parsers.py -max_total_time=600 -timeout=10 \
    -max_len=2000 /tmp/fuzz-parsers

The first byte of an input chooses the parser. What a parser raises must be the error that its
docstring names; what it accepts must hold what it promises.
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.parse
from collections.abc import Callable
from itertools import product
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["marscrop"]):
    import fsspec
    from tests.hostile.seeds import seeds

    from marscrop.batch.journal import read_journal
    from marscrop.batch.photo_list import read_photo_list
    from marscrop.batch.store import STATE, Store
    from marscrop.errors import ConstraintError, MarscropError, ModelError, OptionError, RatioError
    from marscrop.exchange import crop_sidecar, iiif_region, imgproxy_crop, thumbor_crop
    from marscrop.geometry import Box, Size
    from marscrop.imaging.fill import Fill
    from marscrop.imaging.metadata.crop_metadata import kept
    from marscrop.imaging.metadata.lossless_jpeg import with_metadata
    from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
    from marscrop.imaging.metadata.placement import Placement
    from marscrop.imaging.output_format import GIF, JPEG
    from marscrop.imaging.write_options import METADATA_POLICIES
    from marscrop.options import CropOptions
    from marscrop.ratio import AspectRatio
    from marscrop.runtime.manifest import FILE, PACKAGED_MODEL, Manifest
    from marscrop.service.limits import ServiceLimits
    from marscrop.service.query import CROPS_PARAMETERS, CropsQuery, PictureQuery
    from marscrop.service.refusals import Refusal
    from marscrop.window.anchor import Anchor
    from marscrop.window.regions import Region

_FOLDER = Path(tempfile.mkdtemp())
_IMAGE = Size(640, 427)
_LIMITS = ServiceLimits()


def ratio(content: bytes) -> None:
    try:
        parsed = AspectRatio.parse(_text(content))
    except RatioError:
        return
    assert 0.01 <= parsed.value <= 100
    assert "/" not in parsed.slug
    assert parsed.slug not in ("", ".", "..")


def region(content: bytes) -> None:
    try:
        box = Region.parse(_text(content)).on(_IMAGE)
    except OptionError:
        return
    assert box.x0 <= box.x1
    assert box.y0 <= box.y1


def anchor(content: bytes) -> None:
    try:
        parsed = Anchor.parse(_text(content))
    except OptionError:
        return
    assert all(share is None or 0 <= share <= 1 for share in (parsed.x, parsed.y))


def constraints(content: bytes) -> None:
    keep, _, rest = _text(content).partition(";")
    avoid, _, pin = rest.partition(";")
    try:
        limits = CropOptions.parse(
            keep=keep, avoid=avoid, min_size=0.5, anchor=pin or None
        ).constraints.on(_IMAGE)
        limits.smallest(AspectRatio(16, 9))
    except (ConstraintError, OptionError):
        return


def fill(content: bytes) -> None:
    try:
        Fill.parse(_text(content))
    except OptionError:
        return


def model_manifest(content: bytes) -> None:
    (_FOLDER / FILE).write_bytes(content)
    try:
        Manifest.load(_FOLDER)
    except ModelError:
        return


def query(content: bytes) -> None:
    texts: dict[str, list[str]] = {}
    for name, value in urllib.parse.parse_qsl(_text(content), keep_blank_values=True):
        texts.setdefault(name, []).append(value)
    for read in (
        lambda: CropsQuery.read(texts, _LIMITS, CROPS_PARAMETERS),
        lambda: _picture(texts),
    ):
        try:
            read()
        except (Refusal, MarscropError):
            continue


def _boxes(texts: dict[str, list[str]]) -> None:
    asked = CropsQuery.read(texts, _LIMITS, CROPS_PARAMETERS)
    assert len(asked.ratios) * asked.options.max_candidates <= _LIMITS.max_crops


def _picture(texts: dict[str, list[str]]) -> None:
    asked = PictureQuery.read(texts, _LIMITS)
    size = asked.size(Size(300, 200))
    assert size is None or min(size) >= 1


def jpeg_metadata(content: bytes) -> None:
    found = PhotoMetadata()
    found.read_exif(content)
    found.read_resources(content)
    found.xmp = found.iptc = found.comment = content
    placement = Placement(_IMAGE, 6, Box(40, 30, 80, 60))
    for policy, wanted in product(METADATA_POLICIES, (JPEG, GIF)):
        said = kept(found, policy, placement, wanted)
        try:
            with_metadata(content, said)
        except MarscropError:
            continue


def journal(content: bytes) -> None:
    path = _FOLDER / STATE / "journal.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    for record in read_journal(Store(str(_FOLDER))).values():
        json.dumps(record.to_table())


def photo_list(content: bytes) -> None:
    path = _FOLDER / ("list.parquet" if content[:4] == b"PAR1" else "list.csv")
    path.write_bytes(content)
    try:
        read_photo_list(fsspec.filesystem("file"), str(path))
    except OptionError:
        return


def exchange(content: bytes) -> None:
    """No parsers, but what they write is read by others."""
    data = atheris.FuzzedDataProvider(content)
    x0, y0 = data.ConsumeIntInRange(0, 9999), data.ConsumeIntInRange(0, 9999)
    width, height = data.ConsumeIntInRange(1, 9999), data.ConsumeIntInRange(1, 9999)
    box, image = Box(x0, y0, x0 + width, y0 + height), Size(x0 + width, y0 + height)
    assert iiif_region(box) == f"{x0},{y0},{width},{height}"
    assert imgproxy_crop(box).count(":") == 5
    assert thumbor_crop(box).count("x") == 2
    assert "nan" not in crop_sidecar(box, image, data.ConsumeIntInRange(1, 8))


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


PARSERS: tuple[Callable[[bytes], None], ...] = (
    ratio,
    region,
    anchor,
    constraints,
    fill,
    model_manifest,
    query,
    jpeg_metadata,
    journal,
    photo_list,
    exchange,
)


def parse(content: bytes) -> None:
    if content:
        PARSERS[content[0] % len(PARSERS)](content[1:])


def examples() -> list[tuple[Callable[[bytes], None], bytes]]:
    """A good input for each parser."""
    crop = {"ratio": "1:1", "candidate": 1, "box": [0, 0, 9, 9], "confidence": 0.5, "padding": None}
    record = {"source": "/a.jpg", "key": "0", "crops": [crop], "sizes": [["a_1x1.jpg", 9]]}
    return [
        *((ratio, text) for text in (b"16:9", b"2.39:1", b"square", b"1.5", b"4x5")),
        *((region, text) for text in (b"10,20,300,400", b"5%,10%,50%,80%")),
        *((anchor, text) for text in (b"top-left", b"0.5,0.33", b"centre")),
        (constraints, b"10,20,300,400;0%,0%,100%,8%;top"),
        *((fill, text) for text in (b"blur", b"#1e90ff", b"rgb(1, 2, 3)", b"hsl(1, 2%, 3%)")),
        (model_manifest, (PACKAGED_MODEL / FILE).read_bytes()),
        (query, b"ratio=16:9&keep=300,140,335,415&min_size=0.5&anchor=top&max_candidates=2"),
        (query, b"width=800&height=450&format=webp&quality=80&metadata=keep"),
        (jpeg_metadata, seeds()["baseline.jpg"]),
        (journal, json.dumps(record).encode() + b"\n"),
        (photo_list, b'path,ratio,keep\na.jpg,16:9;1:1,"1,2,3,4"\n'),
        (exchange, bytes(range(40))),
    ]


def main() -> None:
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if folders:
        folders[0].mkdir(parents=True, exist_ok=True)
        for number, (parser, content) in enumerate(examples()):
            path = folders[0] / f"{number:02d}-{parser.__name__}"
            path.write_bytes(bytes([PARSERS.index(parser)]) + content)
    atheris.Setup(sys.argv, parse)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
