"""The application of a review: its page, its photos, and what is decided."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterator
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from marscrop.batch.decisions import STATES
from marscrop.batch.records import CropRecord, PhotoRecord
from marscrop.batch.revising import Reviser, size_of
from marscrop.errors import StorageError
from marscrop.geometry import Window
from marscrop.imaging.preview import EDGES, preview_file
from marscrop.review.access import AccessMiddleware, Secret
from marscrop.review.review import CropPlace, Review
from marscrop.review.tables import crop_table, review_table
from marscrop.review.writer import Writer
from marscrop.service import refusals
from marscrop.service.body_limits import BodyLimitsMiddleware
from marscrop.service.callers import CallersMiddleware, HostNames
from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import Refusal, bad_request
from marscrop.service.security_headers import SecurityHeadersMiddleware
from marscrop.spelling import on_command_line

PAGE: Final = Path(__file__).parent / "page"

_PREVIEWS_AT_ONCE: Final = 2
"""Photos that are open at the same time, which bounds memory."""

_MOST_AT_ONCE: Final = 1_000_000
_Result = TypeVar("_Result")


class ReviewEndpoints:
    """What the page asks for."""

    def __init__(
        self, review: Review, writer: Writer, reviser: Reviser, target: str, secret: Secret
    ) -> None:
        self._review, self._writer, self._reviser = review, writer, reviser
        self._target, self._secret = target, secret
        self._room = asyncio.Semaphore(_PREVIEWS_AT_ONCE)

    async def page(self, _: Request) -> Response:
        """The page."""
        response = FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-store"})
        self._secret.set_in(response)
        return response

    async def review(self, _: Request) -> Response:
        """All photos and crops."""
        return JSONResponse(await run_in_threadpool(review_table, self._review, self._target))

    async def status(self, _: Request) -> Response:
        """What waits to be written, and what could not be."""
        return JSONResponse(
            {
                "waiting": self._writer.waiting,
                "faults": self._writer.faults,
                "fault": self._writer.fault,
            }
        )

    async def photo(self, request: Request) -> Response:
        """A preview of a photo."""
        edge = int(request.path_params["edge"])
        if edge not in EDGES:
            raise Refusal(HTTPStatus.NOT_FOUND, "not_found", f"edges are {EDGES}")
        record = self._record(int(request.path_params["photo"]))
        content = await self._with_photo(lambda: preview_file(self._reviser.open(record), edge))
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(content, media_type="image/jpeg", headers=headers)

    async def judge(self, request: Request) -> Response:
        """Accept or reject crops, or take that back: {"crops": [[0, 1]], "state": "accepted"}."""
        table = await _body(request)
        state = table.get("state")
        if state not in (None, *STATES) or state == "changed":
            raise bad_request(f"state must be accepted, rejected or null; got {state!r}")
        named = table.get("crops")
        if not isinstance(named, list) or not 0 < len(named) <= _MOST_AT_ONCE:
            raise bad_request("crops must be a list of pairs: the photo's index, and the crop's")
        places = [self._place(pair) for pair in named]
        judged = await self._decided(partial(self._review.judge, places, state))
        return JSONResponse({"crops": _tables(places, judged)})

    async def change(self, request: Request) -> Response:
        """Give a crop another box: {"crop": [0, 1], "box": [10, 20, 410, 320]}."""
        table = await _body(request)
        place, box = self._place(table.get("crop")), _window(table.get("box"))
        changed = await self._decided(partial(self._review.change, place, box))
        return JSONResponse({"crops": _tables([place], [changed])})

    async def recrop(self, request: Request) -> Response:
        """Crop anew around a box to keep: {"crop": [0, 1], "keep": [10, 20, 110, 120]}."""
        table = await _body(request)
        place, wanted = self._place(table.get("crop")), _window(table.get("keep"))
        record = self._review.records[place.photo]
        keep = wanted.pixels(size_of(record))
        if min(keep.size) < 1:
            raise bad_request("the box to keep must lie in the photo")
        crop = self._review.crop(place)
        found = await self._with_photo(lambda: self._reviser.recrop(record, crop, keep))
        padding = found.padding.margins if found.padding else None
        window = Window(*map(float, found.box))
        changed = await self._decided(partial(self._review.change, place, window, padding))
        return JSONResponse({"crops": _tables([place], [changed])})

    async def _with_photo(self, work: Callable[[], _Result]) -> _Result:
        async with self._room:
            return await run_in_threadpool(work)

    async def _decided(self, decide: Callable[[], _Result]) -> _Result:
        try:
            return await run_in_threadpool(decide)
        except StorageError as error:
            raise Refusal(
                HTTPStatus.INSUFFICIENT_STORAGE, "storage", error.text(on_command_line)
            ) from error

    def _record(self, photo: int) -> PhotoRecord:
        if not 0 <= photo < len(self._review.records):
            raise Refusal(HTTPStatus.NOT_FOUND, "not_found", f"there is no photo {photo}")
        return self._review.records[photo]

    def _place(self, pair: Any) -> CropPlace:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)):
            raise bad_request("a crop is named by two indices: its photo's, and its own")
        photo, crop = pair
        if not 0 <= crop < len(self._record(photo).crops):
            raise Refusal(HTTPStatus.NOT_FOUND, "not_found", f"there is no crop {photo}, {crop}")
        return CropPlace(photo, crop)


def create_app(endpoints: ReviewEndpoints, secret: Secret, host: str) -> Starlette:
    """The review as an ASGI application.

    Args:
        endpoints: of the review.
        secret: that whoever uses it must have.
        host: that it listens on.
    """
    app = Starlette(
        routes=[
            Route("/", endpoints.page, methods=["GET"]),
            Route("/api/review", endpoints.review, methods=["GET"]),
            Route("/api/status", endpoints.status, methods=["GET"]),
            Route("/api/judge", endpoints.judge, methods=["POST"]),
            Route("/api/change", endpoints.change, methods=["POST"]),
            Route("/api/recrop", endpoints.recrop, methods=["POST"]),
            Route("/photos/{photo:int}/{edge:int}", endpoints.photo, methods=["GET"]),
            Mount("/page", StaticFiles(directory=PAGE)),
        ],
        middleware=[*_middleware(secret, host)],
        exception_handlers=refusals.HANDLERS,
    )
    app.router.redirect_slashes = False
    return app


def _middleware(secret: Secret, host: str) -> Iterator[Middleware]:
    """The outermost first."""
    yield Middleware(SecurityHeadersMiddleware)
    yield Middleware(CallersMiddleware, hosts=HostNames((host,)), origins=())
    yield Middleware(AccessMiddleware, secret=secret)
    yield Middleware(BodyLimitsMiddleware, limits=ServiceLimits())


def _tables(places: list[CropPlace], crops: list[CropRecord]) -> list[dict[str, Any]]:
    return [crop_table(place, crop) for place, crop in zip(places, crops, strict=True)]


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; no form of another page can send one."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "no_json", "send application/json")
    try:
        table = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise bad_request("the body is no JSON") from None
    if not isinstance(table, dict):
        raise bad_request("the body must be a JSON object")
    return table


def _window(box: Any) -> Window:
    is_box = isinstance(box, list) and len(box) == 4
    if not (is_box and all(type(n) in (int, float) and math.isfinite(n) for n in box)):
        raise bad_request("a box is four numbers: x0, y0, x1, y1")
    x0, y0, x1, y1 = map(float, box)
    if not (x0 < x1 and y0 < y1 and max(map(abs, box)) < 1e9):
        raise bad_request("a box needs x0 < x1 and y0 < y1")
    return Window(x0, y0, x1, y1)
