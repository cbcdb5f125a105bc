"""One HTML file that shows an evaluation: figures, counts, contact sheets.

It needs no network and no script, and its policy forbids both.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Final

from marscrop_research.data.records import Problem
from marscrop_research.evaluation.comparison import Comparison
from marscrop_research.evaluation.contact_sheet import choose_cases, legend, sheet
from marscrop_research.evaluation.result_tables import (
    TextTable,
    counts,
    difference_table,
    result_table,
)

_POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_METRICS: Final = (
    "IoU is the area that two crops share over the area that they cover together, 1 at best. "
    "BDE is the mean distance of their four edges as a share of the photo's sides, 0 at best. "
    "The offset is the distance of their centres in pixels of the photo, 0 at best."
)


def html_report(comparison: Comparison) -> str:
    """The page; its contact sheets are those of the comparison's reference.

    Raises:
        ImageError: a photo of the contact sheets that cannot be read.
    """
    facts = comparison.origin.facts
    title = "Crops against people's" + "".join(
        f", {facts[key]}" for key in ("dataset", "split") if key in facts
    )
    style = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    body = "\n".join(
        (
            f"<h1>{html.escape(title)}</h1>",
            f"<p>{html.escape(', '.join(f'{k}: {v}' for k, v in facts.items()))}</p>",
            f"<p>{html.escape(counts(comparison))}.</p>",
            _figures(comparison),
            _sheets(comparison),
            _left_out(comparison),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _figures(comparison: Comparison) -> str:
    tables = []
    for result in comparison.protocols:
        tables.append(_table(result_table(result), comparison.reference))
        if result.differences:
            tables.append(_table(difference_table(result, comparison.reference)))
    explained = (
        f"{_METRICS} In brackets: 95 % intervals, from {comparison.resamples:,} resamples of the "
        f"photos (seed {comparison.seed}), the same for all methods."
    )
    return f'<h2>Figures</h2>\n{"".join(tables)}\n<p class="quiet">{explained}</p>'


def _table(table: TextTable, highlighted: str = "") -> str:
    heads = "".join(f'<th scope="col">{html.escape(head)}</th>' for head in table.heads)
    rows = []
    for name, *cells in table.rows:
        mark = ' class="reference"' if name == highlighted else ""
        texts = "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        rows.append(f'<tr{mark}><th scope="row">{html.escape(name)}</th>{texts}</tr>')
    title = html.escape(table.title)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{title}"><table>'
        f"<caption>{title}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _sheets(comparison: Comparison) -> str:
    method = html.escape(comparison.reference)
    titles = {
        "best": f"Where {method} agrees most with people",
        "worst": f"Where {method} agrees least with people",
        "random": f"Random photos (seed {comparison.seed})",
    }
    chosen = choose_cases(comparison.answered, comparison.reference, seed=comparison.seed)
    return "\n".join(
        f'<section id="{kind}"><h2>{titles[kind]}</h2>{legend(comparison.reference)}\n'
        f"{sheet(cases)}</section>"
        for kind, cases in chosen.items()
    )


def _left_out(comparison: Comparison) -> str:
    origin = comparison.origin
    groups = {"Records skipped": _lines(origin.skipped)}
    for method, problems in origin.bad_answers.items():
        groups[f"Bad answers by {method}"] = _lines(problems)
    for method, names in comparison.unanswered.items():
        groups[f"Boxes without an answer by {method}"] = list(names)
    details = (_details(title, lines) for title, lines in groups.items() if lines)
    return (
        f"<h2>Left out</h2>\n{''.join(details) or '<p>Nothing.</p>'}"
        '<p class="quiet">A photo with a box that some method did not answer is left out for all '
        "methods.</p>"
    )


def _lines(problems: Iterable[Problem]) -> list[str]:
    return [f"{problem.place}: {problem.reason}" for problem in problems]


def _details(title: str, lines: Sequence[str]) -> str:
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return (
        f"<details><summary>{html.escape(title)}: {len(lines)}</summary><ul>{items}</ul></details>"
    )
