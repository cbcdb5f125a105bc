"""The API's endpoints: let in, read, ask a worker, answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from marscrop.crop_json import as_table
from marscrop.service import documents
from marscrop.service.admission import Admission
from marscrop.service.metrics import Metrics
from marscrop.service.negotiation import MEDIA_TYPES
from marscrop.service.parameters import URL
from marscrop.service.question import (
    CROP_PARAMETERS,
    CROPS_PARAMETERS,
    MAP_PARAMETERS,
    PictureQuestion,
    Question,
)
from marscrop.service.refusals import bad_question, busy
from marscrop.service.remote import Fetcher
from marscrop.service.sent import Sent
from marscrop.service.settings import Settings
from marscrop.service.tasks import UNNAMED, Found, Picture, Tasks
from marscrop.service.workers import Workers

router: Final = APIRouter()


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that endpoints work with; `fetcher` is None where no host may be fetched from."""

    settings: Settings
    tasks: Tasks
    workers: Workers
    admission: Admission
    metrics: Metrics
    fetcher: Fetcher | None

    @asynccontextmanager
    async def entered(self, request: Request) -> AsyncIterator[Sent]:
        """Let a request in and read it."""
        client = request.client.host if request.client else ""
        with self.admission.enter(client):
            yield await Sent.read(request)

    async def photo(self, sent: Sent, url: str | None) -> bytes:
        """The image file that was sent, or that lies at a URL."""
        if url is None:
            return sent.image()
        if sent.content is not None:
            raise bad_question(f"give an image or {URL.name}, not both")
        if self.fetcher is None:
            raise bad_question("this service fetches no URLs; start it with --allow-url HOST")
        return await self.fetcher.fetch(url)


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


@router.post(
    "/v1/crops",
    summary="Boxes of the best crops",
    openapi_extra=documents.endpoint(CROPS_PARAMETERS, documents.CROPS),
    responses=documents.REFUSALS,
)
async def crops(request: Request) -> JSONResponse:
    """For each ratio the best crop, or the best few: boxes in pixels of the upright photo, x1 and
    y1 exclusive, each with a confidence.

    `photo` of the answer stands for the image in further requests, as long as it is in memory.
    """
    service = _service(request)
    async with service.entered(request) as sent:
        question = Question.read(sent.texts, service.settings)
        found = await _find(service, question, sent)
    name = sent.name or question.url or UNNAMED
    return JSONResponse({**as_table(name, found.size, found.crops), "photo": found.photo})


async def _find(service: Service, question: Question, sent: Sent) -> Found:
    if question.photo is not None:
        _check_alone(sent)
        return await service.workers.run(service.tasks.crops_again, question)
    content = await service.photo(sent, question.url)
    return await service.workers.run(service.tasks.crops, question, content, sent.name)


@router.post(
    "/v1/crop",
    summary="A cropped picture",
    openapi_extra=documents.endpoint(CROP_PARAMETERS, documents.CROP),
    responses=documents.REFUSALS,
    response_class=Response,
)
async def crop(request: Request) -> Response:
    """The best crop of one ratio as an image: AVIF, WebP, JPEG or PNG, by the Accept header.

    With a width or a height it is resized, enlarged where needed. The photo's metadata is left
    out, but for its colour profile.
    """
    service = _service(request)
    async with service.entered(request) as sent:
        question = PictureQuestion.read(sent.texts, service.settings)
        content = await service.photo(sent, question.crop.url)
        picture = await service.workers.run(
            service.tasks.picture, question, content, sent.name, request.headers.get("accept")
        )
    return Response(picture.content, headers=_picture_headers(picture))


@router.post(
    "/v1/map",
    summary="What the network sees",
    openapi_extra=documents.endpoint(MAP_PARAMETERS, documents.MAP),
    responses=documents.REFUSALS,
    response_class=Response,
)
async def crop_map(request: Request) -> Response:
    """The map of one ratio: how likely each place of the photo belongs to the crop, black to white.

    A small PNG in greys that covers the whole photo.
    """
    service = _service(request)
    async with service.entered(request) as sent:
        question = Question.read(sent.texts, service.settings, MAP_PARAMETERS)
        (ratio,) = question.ratios
        if question.photo is not None:
            _check_alone(sent)
            png = await service.workers.run(service.tasks.map_again, ratio, question.photo)
        else:
            content = await service.photo(sent, question.url)
            png = await service.workers.run(service.tasks.map, ratio, content, sent.name)
    return Response(png, media_type="image/png")


@router.get("/healthz", summary="Whether the process lives")
async def healthz() -> dict[str, str]:
    """Always the same, as long as anything answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="Whether a request would be let in", responses=documents.NOT_READY)
async def readyz(request: Request) -> dict[str, str]:
    """503 while as many requests are in flight as are taken."""
    service = _service(request)
    if service.admission.full:
        most = service.settings.max_in_flight
        raise busy("busy", f"{most} requests are in flight", ("max_in_flight", most))
    return {"status": "ready"}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Requests by path and status, their duration, what is in flight, the process."""
    return _service(request).metrics.response()


def _check_alone(sent: Sent) -> None:
    if sent.content is not None:
        raise bad_question("give an image or photo, not both")


def _picture_headers(picture: Picture) -> dict[str, str]:
    headers = {
        "Content-Type": MEDIA_TYPES[picture.suffix],
        "Vary": "Accept",
        "X-Photo-Size": "x".join(map(str, picture.photo)),
        "X-Crop-Box": ",".join(map(str, picture.box)),
    }
    if picture.confidence is not None:
        headers["X-Crop-Confidence"] = f"{picture.confidence:.4f}"
    return headers
