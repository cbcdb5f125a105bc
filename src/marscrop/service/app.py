"""The application: endpoints, limits, metrics and the page, joined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from marscrop.cropper import Cropper
from marscrop.faces.centerface import installed as can_find_faces
from marscrop.options import CropOptions
from marscrop.service import openapi, refusals
from marscrop.service.admission import Admission
from marscrop.service.body_limits import BodyLimitsMiddleware
from marscrop.service.callers import CallersMiddleware, HostNames
from marscrop.service.endpoints import OPERATIONS, Service
from marscrop.service.fetch import Fetcher
from marscrop.service.limits import ServiceLimits
from marscrop.service.metrics import Metrics, MetricsMiddleware
from marscrop.service.openapi import Endpoint
from marscrop.service.processing import PhotoProcessor
from marscrop.service.query import Queries
from marscrop.service.security_headers import SecurityHeadersMiddleware
from marscrop.service.workers import Workers

PAGE: Final = Path(__file__).parent / "page"


def create_app(limits: ServiceLimits | None = None, cropper: Cropper | None = None) -> Starlette:
    """The service as an ASGI application.

    Args:
        limits: its limits.
        cropper: the model; the packaged one, with one thread a photo, by default.

    Raises:
        ModelError: the packaged model or the face detector is damaged.
        OptionError: a host name that is none.
    """
    limits = limits or ServiceLimits()
    # One thread a photo: workers are the parallelism, and more would only wait for each other.
    cropper = cropper or Cropper(threads=1)
    # Before anybody is told that the service is ready: what any request may need.
    cropper.prepare(CropOptions(faces="keep" if can_find_faces() else "auto"))
    processor = PhotoProcessor(cropper, limits)
    workers, admission = Workers(limits), Admission(limits)
    metrics = Metrics(admission, processor.cache)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        workers.close()

    routes = _routes()
    paths = frozenset(route.path for route in routes if isinstance(route, Route))
    app = Starlette(
        routes=routes,
        middleware=[*_middleware(limits, metrics, paths)],
        exception_handlers=refusals.HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # its answers would repeat the client's Host header
    fetcher = Fetcher(limits) if limits.allowed_hosts else None
    queries = Queries(limits)
    app.state.service = Service(limits, queries, processor, workers, admission, metrics, fetcher)
    return app


def _routes() -> list[BaseRoute]:
    api = openapi.document(OPERATIONS)

    async def described(_: Request) -> Response:
        return JSONResponse(api)

    return [
        *(_route(operation.path, operation.endpoint, operation.method) for operation in OPERATIONS),
        Route("/openapi.json", described),
        _route("/", _index),
        _route("/docs", _docs),
        Mount("/page", StaticFiles(directory=PAGE), name="page"),
    ]


def _route(path: str, endpoint: Endpoint, method: str = "GET") -> Route:
    """A route of one method alone: Starlette would answer HEAD beside GET."""
    route = Route(path, endpoint)
    route.methods = {method}
    return route


def _middleware(
    limits: ServiceLimits, metrics: Metrics, paths: Collection[str]
) -> Iterator[Middleware]:
    """The outermost first."""
    yield Middleware(MetricsMiddleware, metrics=metrics, paths=paths)
    yield Middleware(SecurityHeadersMiddleware)
    hosts = HostNames(limits.host_names)
    yield Middleware(CallersMiddleware, hosts=hosts, origins=limits.cors_origins)
    if limits.cors_origins:
        yield Middleware(
            CORSMiddleware,
            allow_origins=limits.cors_origins,
            allow_methods=["GET", "POST"],
            expose_headers=["X-Crop-Box", "X-Crop-Confidence", "X-Crop-Warnings", "X-Photo-Size"],
        )
    yield Middleware(BodyLimitsMiddleware, limits=limits)
    yield Middleware(Operations)


class Operations:
    """Middleware that answers what the API has, in few steps; all else is Starlette's to route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._endpoints = {(one.method, one.path): one.endpoint for one in OPERATIONS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = scope["type"] == "http" and (scope["method"], scope["path"])
        endpoint = self._endpoints.get(found) if found else None
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            answer = await endpoint(request)
        except Exception as error:
            answer = await refusals.answer_to(request, error)
        await answer(scope, receive, send)


async def _index(_: Request) -> FileResponse:
    return FileResponse(PAGE / "index.html")


async def _docs(_: Request) -> FileResponse:
    return FileResponse(PAGE / "docs.html")
