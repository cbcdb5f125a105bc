"""The study's pages: a name, then one choice after the other. Works without scripts."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Form, HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from marscrop.geometry import Box, Size
from marscrop.imaging.encoding import encode_crop
from marscrop.imaging.photo import open_photo
from marscrop_research.paper.study.trials import Study, Trial
from marscrop_research.paper.study.votes import Votes

_FILES: Final = Path(__file__).parent / "page"
_LONGEST_PX: Final = 1000
_EQUAL: Final = -1

Voter = Annotated[str, Form(min_length=1, max_length=100)]


def create_app(study: Study, votes: Votes) -> FastAPI:
    """The study as an ASGI application. Nothing that it sends names a method."""
    app = FastAPI(title="marscrop study", docs_url=None, redoc_url=None, openapi_url=None)
    by_key = {trial.key: trial for trial in study.trials}

    def trial_of(key: str) -> Trial:
        if key not in by_key:
            raise HTTPException(404, "no such trial in this study")
        return by_key[key]

    @app.get("/", response_class=HTMLResponse)
    def ask(voter: str = "") -> str:
        if not voter.strip():
            return _page(_welcome(len(study.trials)))
        order = study.order(voter)
        done = votes.done(voter)
        left = [trial for trial in order if trial.key not in done]
        if not left:
            return _page("<h1>That was the last one</h1><p>Thank you. Your choices are stored.</p>")
        return _page(_question(left[0], voter, len(order) - len(left), len(order)))

    @app.get("/picture")
    def picture(trial: str, voter: str, option: int) -> Response:
        asked = trial_of(trial)
        photo = open_photo(asked.path)
        box = Box(0, 0, *photo.size)
        if option != _EQUAL:
            options = asked.options(voter)
            if not 0 <= option < len(options):
                raise HTTPException(404, "no such crop")
            box = asked.boxes[options[option][0]]
        content = encode_crop(photo.upright(), box, "crop.jpg", quality=92, size=_shown(box.size))
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": "no-store"})

    @app.post("/vote")
    def vote(
        voter: Voter, trial: Annotated[str, Form()], option: Annotated[int, Form()]
    ) -> RedirectResponse:
        asked = trial_of(trial)
        options = asked.options(voter)
        if not _EQUAL <= option < len(options):
            raise HTTPException(422, "no such crop")
        methods = list(asked.boxes)
        won = methods if option == _EQUAL else options[option]
        votes.cast(voter, trial, asked.path.name, methods, won)
        return RedirectResponse(f"/?{urlencode({'voter': voter})}", status_code=303)

    app.mount("/page", StaticFiles(directory=_FILES))
    return app


def serve(study: Study, votes: Votes, *, host: str, port: int) -> None:
    """Serve the study until the process is told to stop."""
    uvicorn.run(create_app(study, votes), host=host, port=port, access_log=False)


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


def _page(body: str) -> str:
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Which crop is best?</title>
<link rel="stylesheet" href="/page/study.css"></head><body><main>{body}</main></body></html>"""
