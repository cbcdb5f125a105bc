"""The API's endpoints: let in, read, ask a worker, answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from marscrop.crop_json import as_table
from marscrop.service import schemas
from marscrop.service.admission import Admission, Admitted
from marscrop.service.fetch import Fetcher
from marscrop.service.limits import ServiceLimits
from marscrop.service.metrics import Metrics
from marscrop.service.negotiation import MEDIA_TYPES
from marscrop.service.openapi import Operation
from marscrop.service.parameters import PHOTO, URL
from marscrop.service.processing import UNNAMED, EncodedCrop, PhotoProcessor
from marscrop.service.query import (
    CROP_PARAMETERS,
    CROPS_PARAMETERS,
    MAP_PARAMETERS,
    CropsQuery,
    PictureQuery,
    Queries,
    map_query,
)
from marscrop.service.refusals import bad_request, busy
from marscrop.service.upload import Upload
from marscrop.service.workers import Workers

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
"""As `JSONResponse` has it, which makes an encoder for each answer."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that endpoints work with; `fetcher` is None where no host may be fetched from."""

    limits: ServiceLimits
    queries: Queries
    processor: PhotoProcessor
    workers: Workers
    admission: Admission
    metrics: Metrics
    fetcher: Fetcher | None

    def admitted(self, request: Request) -> Admitted:
        """Let a request in, or refuse it, before any of its body is read."""
        client = request.scope.get("client")
        return self.admission.enter(client[0] if client else "")

    async def image(self, upload: Upload, url: str | None) -> bytes:
        """The image file that was sent, or that lies at a URL."""
        if url is None:
            return upload.image()
        if upload.content is not None:
            raise bad_request(f"give an image or {URL.name}, not both")
        if self.fetcher is None:
            raise bad_request("this service fetches no URLs; start it with --allow-url HOST")
        return await self.fetcher.fetch(url)

    async def image_unless_known(self, upload: Upload, query: CropsQuery) -> bytes | None:
        """The same; None where `query.photo`, the key of an earlier one, stands for it."""
        if query.photo is None:
            return await self.image(upload, query.url)
        if upload.content is not None:
            raise bad_request(f"give an image or {PHOTO.name}, not both")
        return None


def _service(request: Request) -> Service:
    service: Service = request.scope["app"].state.service
    return service


async def crops(request: Request) -> Response:
    """For each ratio the best crop, or the best few: boxes in pixels of the upright photo, x1 and
    y1 exclusive, each with a confidence.

    `photo` of the answer stands for the image in further requests, as long as it is in memory.
    """
    service = _service(request)
    with service.admitted(request):
        upload = await Upload.read(request)
        query = service.queries.read(CropsQuery.read, upload)
        content = await service.image_unless_known(upload, query)
        found = await service.workers.run(service.processor.crops, query, content, upload.name)
    name = upload.name or query.url or UNNAMED
    table = as_table(name, found.size, found.crops, found.focal)
    text = _ENCODE({**table, "photo": found.photo})
    return Response(text.encode(), media_type="application/json")


async def crop(request: Request) -> Response:
    """The best crop of one ratio as an image: AVIF, WebP, JPEG or PNG, by the Accept header.

    With a width or a height it is resized, to twice its own pixels along a side at most, or to
    as many times as `enlarge` says. Of the photo's metadata it has what `metadata` says.
    """
    service = _service(request)
    with service.admitted(request):
        upload = await Upload.read(request)
        query = service.queries.read(PictureQuery.read, upload)
        content = await service.image(upload, query.crop.url)
        picture = await service.workers.run(
            service.processor.picture, query, content, upload.name, request.headers.get("accept")
        )
    return Response(picture.content, headers=_picture_headers(picture))


async def crop_map(request: Request) -> Response:
    """The map of one ratio: how likely each place of the photo belongs to the crop, black to white.

    A small PNG in greys that covers the whole photo.
    """
    service = _service(request)
    with service.admitted(request):
        upload = await Upload.read(request)
        query = service.queries.read(map_query, upload)
        content = await service.image_unless_known(upload, query)
        png = await service.workers.run(service.processor.map, query, content, upload.name)
    return Response(png, media_type="image/png")


async def healthz(_: Request) -> JSONResponse:
    """Always the same, as long as anything answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """503 while as many requests are in flight as are taken."""
    service = _service(request)
    if service.admission.full:
        most = service.limits.max_in_flight
        raise busy("busy", f"{most} requests are in flight", ("max_in_flight", most))
    return JSONResponse({"status": "ready"})


async def metrics(request: Request) -> Response:
    """Requests by path and status, their duration, what is in flight, the process."""
    return _service(request).metrics.response()


def _picture_headers(picture: EncodedCrop) -> dict[str, str]:
    headers = {
        "Content-Type": MEDIA_TYPES[picture.suffix],
        "Vary": "Accept",
        "X-Photo-Size": "x".join(map(str, picture.photo)),
        "X-Crop-Box": ",".join(map(str, picture.box)),
    }
    if picture.confidence is not None:
        headers["X-Crop-Confidence"] = f"{picture.confidence:.4f}"
    if picture.losses:
        headers["X-Crop-Warnings"] = "; ".join(picture.losses)
    return headers


OPERATIONS: Final = (
    Operation(
        "POST", "/v1/crops", crops, "Boxes of the best crops", schemas.CROPS, CROPS_PARAMETERS
    ),
    Operation("POST", "/v1/crop", crop, "A cropped picture", schemas.CROP, CROP_PARAMETERS),
    Operation("POST", "/v1/map", crop_map, "What the network sees", schemas.MAP, MAP_PARAMETERS),
    Operation("GET", "/healthz", healthz, "Whether the process lives", schemas.ALIVE),
    Operation("GET", "/readyz", readyz, "Whether a request would be let in", schemas.READY),
    Operation("GET", "/metrics", metrics, "Prometheus metrics", schemas.METRICS),
)
