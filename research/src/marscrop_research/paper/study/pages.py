"""The study's pages: a name, then one choice after the other. Works without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from marscrop.geometry import Box, Size
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import open_photo
from marscrop.imaging.write_options import WriteOptions
from marscrop_research.paper.study.trials import Study, Trial
from marscrop_research.paper.study.votes import Votes

_FILES: Final = Path(__file__).parent / "page"
_LONGEST_PX: Final = 1000
_EQUAL: Final = -1
_WRITTEN: Final = WriteOptions(quality=92, metadata="none")

_LONGEST_NAME: Final = 100


def create_app(study: Study, votes: Votes) -> Starlette:
    """The study as an ASGI application. Nothing that it sends names a method."""
    by_key = {trial.key: trial for trial in study.trials}

    def trial_of(key: str | None) -> Trial:
        if key not in by_key:
            raise HTTPException(404, "no such trial in this study")
        return by_key[key]

    def ask(request: Request) -> HTMLResponse:
        voter = request.query_params.get("voter", "")
        if not voter.strip():
            return _page(_welcome(len(study.trials)))
        order = study.order(voter)
        done = votes.done(voter)
        left = [trial for trial in order if trial.key not in done]
        if not left:
            return _page("<h1>That was the last one</h1><p>Thank you. Your choices are stored.</p>")
        return _page(_question(left[0], voter, len(order) - len(left), len(order)))

    def picture(request: Request) -> Response:
        voter, option = _voter(request.query_params), _option(request.query_params)
        asked = trial_of(request.query_params.get("trial"))
        photo = open_photo(asked.path)
        box = Box(0, 0, *photo.size)
        if option != _EQUAL:
            options = asked.options(voter)
            if not 0 <= option < len(options):
                raise HTTPException(404, "no such crop")
            box = asked.boxes[options[option][0]]
        encoded = encode_crop(photo.upright(), box, "crop.jpg", _WRITTEN, size=_shown(box.size))
        return Response(
            encoded.content, media_type="image/jpeg", headers={"Cache-Control": "no-store"}
        )

    async def vote(request: Request) -> RedirectResponse:
        async with request.form(max_files=0) as form:
            written = {name: value for name, value in form.items() if isinstance(value, str)}
        voter, option = _voter(written), _option(written)
        asked = trial_of(written.get("trial"))
        options = asked.options(voter)
        if not _EQUAL <= option < len(options):
            raise HTTPException(422, "no such crop")
        methods = list(asked.boxes)
        won = methods if option == _EQUAL else options[option]
        await run_in_threadpool(votes.cast, voter, asked.key, asked.path.name, methods, won)
        return RedirectResponse(f"/?{urlencode({'voter': voter})}", status_code=303)

    return Starlette(
        routes=[
            Route("/", ask),
            Route("/picture", picture),
            Route("/vote", vote, methods=["POST"]),
            Mount("/page", StaticFiles(directory=_FILES)),
        ]
    )


def serve(study: Study, votes: Votes, *, host: str, port: int) -> None:
    """Serve the study until the process is told to stop."""
    uvicorn.run(create_app(study, votes), host=host, port=port, access_log=False)


def _voter(written: Mapping[str, str]) -> str:
    voter = written.get("voter", "")
    if not 1 <= len(voter) <= _LONGEST_NAME:
        raise HTTPException(422, f"voter must have 1 to {_LONGEST_NAME} characters")
    return voter


def _option(written: Mapping[str, str]) -> int:
    try:
        return int(written.get("option", ""))
    except ValueError:
        raise HTTPException(422, "option must be a whole number") from None


def _shown(size: Size) -> Size:
    """What fits a screen: never larger than it is."""
    scale = min(1.0, _LONGEST_PX / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))


def _welcome(count: int) -> str:
    return f"""<h1>Which crop is best?</h1>
<p>You will see a photo and some crops of it, {count} times. Choose the one that you would take.
You may stop at any time: with the same name you go on where you were.</p>
<form class="name" method="get"><label for="voter">Your name, or any word</label>
<input id="voter" name="voter" required maxlength="100" autocomplete="username">
<button>Begin</button></form>"""


def _question(trial: Trial, voter: str, done: int, count: int) -> str:
    def source(option: int) -> str:
        asked = {"trial": trial.key, "voter": voter, "option": option}
        return escape(f"/picture?{urlencode(asked)}")

    def choice(option: int, label: str, inner: str) -> str:
        return f"""<button name="option" value="{option}" aria-label="{label}"
 accesskey="{option + 1 if option != _EQUAL else 0}">{inner}</button>"""

    crops = "".join(
        choice(n, f"Crop {n + 1}", f'<img src="{source(n)}" alt=""><span>{n + 1}</span>')
        for n in range(len(trial.options(voter)))
    )
    return f"""<header><h1>Which crop is best?</h1><p>{done + 1} of {count}</p></header>
<progress value="{done}" max="{count}" aria-label="Progress"></progress>
<form method="post" action="/vote">
<input type="hidden" name="voter" value="{escape(voter)}">
<input type="hidden" name="trial" value="{escape(trial.key)}">
<div class="crops">{crops}</div>
{choice(_EQUAL, "No difference", "I see no difference")}
</form>
<details><summary>The whole photo</summary>
<img src="{source(_EQUAL)}" alt="The whole photo"></details>
<script src="/page/keys.js"></script>"""


def _page(body: str) -> HTMLResponse:
    page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Which crop is best?</title>
<link rel="stylesheet" href="/page/study.css"></head><body><main>{body}</main></body></html>"""
    return HTMLResponse(page)
