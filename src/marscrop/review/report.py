"""A page on a batch for those who only look: one file, without scripts, thumbnails within it."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.revising import Reviser, size_of
from marscrop.batch.store import encodable
from marscrop.errors import ImageError
from marscrop.imaging.padding import Picture
from marscrop.imaging.preview import EDGES, encoded, preview, thumbnail
from marscrop.review.confidence import in_words, sureness
from marscrop.review.reviewed_batch import ReviewedBatch

REPORT: Final = "report.html"
"""Its name where a run writes it into its target."""

_EDGE: Final = 208
_QUALITY: Final = 60
_MOST_BYTES: Final = 16 * 1024 * 1024
"""Of all thumbnails, in base64. Crops beyond, the surest, have none."""

_STYLE: Final = (Path(__file__).parent / "page" / "report.css").read_text(encoding="utf-8")

_Entry = tuple[PhotoRecord, CropRecord]


def report_page(batch: ReviewedBatch) -> str:
    """The page, in HTML: crops by ratio, those that marscrop is least sure of first.

    Its size is bounded, whatever the batch.
    """
    entries = [(record, crop) for record in batch.records for crop in record.crops]
    ratios = list(dict.fromkeys(crop.ratio for _, crop in entries))
    groups = {
        ratio: sorted((e for e in entries if e[1].ratio == ratio), key=_doubt) for ratio in ratios
    }
    pictures = _thumbnails(batch, sorted(entries, key=_doubt))
    failed = [record for record in batch.records if record.error]
    return "".join(
        [
            "<!doctype html>\n<html lang=en><meta charset=utf-8>",
            '<meta name=viewport content="width=device-width">',
            '<meta http-equiv=Content-Security-Policy content="'
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'\">",
            f"<title>Crops in {escape(batch.store.url)}</title><style>{_STYLE}</style>",
            *_head(batch, entries, ratios, len(failed)),
            *(part for ratio in ratios for part in _group(ratio, groups[ratio], pictures)),
            *_failures(failed),
            "</html>\n",
        ]
    )


def _doubt(entry: _Entry) -> tuple[float, str, str, int]:
    record, crop = entry
    return sureness(crop, size_of(record)), record.source, crop.ratio, crop.candidate


def _thumbnails(batch: ReviewedBatch, entries: Sequence[_Entry]) -> dict[tuple[str, int], str]:
    """Pictures as data URLs, by source and the crop's place, until their size is reached."""
    reviser, left = Reviser(batch.job), _MOST_BYTES
    made: dict[tuple[str, int], str] = {}
    seen: set[str] = set()
    for record, _ in entries:
        if record.source in seen:  # all crops of a photo at once: it is decoded once
            continue
        seen.add(record.source)
        try:
            picture = preview(reviser.open(record), EDGES[0])
        except (ImageError, MemoryError):  # a photo that has gone or changed is a line of text
            continue
        for index, crop in enumerate(record.crops):
            url = _data_url(thumbnail(picture, size_of(record), crop.box, _EDGE))
            left -= len(url)
            if left < 0:
                return made
            made[record.source, index] = url
    return made


def _data_url(picture: Picture) -> str:
    content = encoded(picture, "WEBP", _QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(content).decode()}"


def _head(
    batch: ReviewedBatch, entries: Sequence[_Entry], ratios: Sequence[str], failed: int
) -> Iterator[str]:
    states = Counter(crop.state or "not reviewed" for _, crop in entries)
    counts = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    links = " ".join(f'<a href="#{quote(ratio)}">{escape(ratio)}</a>' for ratio in ratios)
    yield f"<header><h1>Crops in {escape(batch.store.url)}</h1>"
    yield f"<p>{len(entries):,} crops of {len(batch.records) - failed:,} photos: {counts}. "
    yield "Those that marscrop is least sure of come first.</p>"
    yield f"<nav>{links}"
    yield f' <a href="#failed">{failed:,} failed</a>' if failed else ""
    yield "</nav></header>"


def _group(
    ratio: str, entries: Sequence[_Entry], pictures: dict[tuple[str, int], str]
) -> Iterator[str]:
    yield f'<section><h2 id="{quote(ratio)}">{escape(ratio)} <small>{len(entries):,}</small></h2>'
    yield "<ul>"
    unseen = 0
    for record, crop in entries:
        url = pictures.get((record.source, record.crops.index(crop)))
        if url is None:
            unseen += 1
            continue
        width, height = crop.box.size
        name = escape(encodable(record.name or record.source))
        further = f" ({crop.candidate})" if crop.candidate > 1 else ""
        state = f" <b class={crop.state}>{crop.state}</b>" if crop.state else ""
        yield f'<li><img src="{url}" alt="" loading=lazy><p title="{name}">{name}{further}</p>'
        words = in_words(crop, size_of(record))
        yield f"<p><span>{words}, {width} × {height}</span>{state}</p></li>"
    yield "</ul>"
    if unseen:
        yield f"<p>{unseen:,} more are not shown: the page would be too large, or their photos "
        yield "are not there any more, or others now. The manifest has them.</p>"
    yield "</section>"


def _failures(failed: Sequence[PhotoRecord]) -> Iterator[str]:
    if failed:
        yield '<section><h2 id="failed">Failed</h2><dl>'
        for record in failed[:1000]:
            yield f"<dt>{escape(encodable(record.name or record.source))}</dt>"
            yield f"<dd>{escape(encodable(record.error or ''))}</dd>"
        yield "</dl></section>"
