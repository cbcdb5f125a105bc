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

from marscrop.cropper import Cropper
from marscrop.service import openapi, refusals
from marscrop.service.admission import Admission
from marscrop.service.body import BodyLimits
from marscrop.service.endpoints import OPERATIONS, Service
from marscrop.service.headers import SecurityHeaders
from marscrop.service.metrics import Measured, Metrics
from marscrop.service.openapi import Endpoint
from marscrop.service.remote import Fetcher
from marscrop.service.settings import Settings
from marscrop.service.tasks import Tasks
from marscrop.service.workers import Workers

PAGE: Final = Path(__file__).parent / "page"


def create_app(settings: Settings | None = None, cropper: Cropper | None = None) -> Starlette:
    """The service as an ASGI application.

    Args:
        settings: its limits.
        cropper: the model; the packaged one, with one thread a photo, by default.

    Raises:
        ModelError: the packaged model or the face detector is damaged.
    """
    settings = settings or Settings()
    # One thread a photo: workers are the parallelism, and more would only wait for each other.
    cropper = cropper or Cropper(threads=1)
    cropper.prepare()  # before anybody is told that the service is ready
    tasks = Tasks(cropper, settings)
    workers, admission = Workers(settings), Admission(settings)
    metrics = Metrics(admission, tasks.kept)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        workers.close()

    routes = _routes()
    paths = frozenset(route.path for route in routes if isinstance(route, Route))
    app = Starlette(
        routes=routes,
        middleware=[*_middleware(settings, metrics, paths)],
        exception_handlers=refusals.HANDLERS,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # its answers would repeat the client's Host header
    fetcher = Fetcher(settings) if settings.allowed_hosts else None
    app.state.service = Service(settings, tasks, workers, admission, metrics, fetcher)
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
    settings: Settings, metrics: Metrics, paths: Collection[str]
) -> Iterator[Middleware]:
    """The outermost first."""
    yield Middleware(Measured, metrics=metrics, paths=paths)
    yield Middleware(SecurityHeaders)
    if settings.cors_origins:
        yield Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            expose_headers=["X-Crop-Box", "X-Crop-Confidence", "X-Photo-Size"],
        )
    yield Middleware(BodyLimits, settings=settings)


async def _index(_: Request) -> FileResponse:
    return FileResponse(PAGE / "index.html")


async def _docs(_: Request) -> FileResponse:
    return FileResponse(PAGE / "docs.html")
