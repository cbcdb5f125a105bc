"""The application: endpoints, limits, metrics and the page, joined."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from marscrop import __version__
from marscrop.cropper import Cropper
from marscrop.service import refusals
from marscrop.service.admission import Admission
from marscrop.service.body import BodyLimits
from marscrop.service.endpoints import Service, router
from marscrop.service.headers import SecurityHeaders
from marscrop.service.metrics import Measured, Metrics
from marscrop.service.remote import Fetcher
from marscrop.service.settings import Settings
from marscrop.service.tasks import Tasks
from marscrop.service.workers import Workers

PAGE: Final = Path(__file__).parent / "page"


def create_app(settings: Settings | None = None, cropper: Cropper | None = None) -> FastAPI:
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
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    app = FastAPI(
        title="marscrop",
        summary="The best-composed crop of a photo, for every aspect ratio you ask for",
        version=__version__,
        docs_url=None,  # FastAPI's pages load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # its answers would repeat the client's Host header
        lifespan=lifespan,
    )
    fetcher = Fetcher(settings) if settings.allowed_hosts else None
    app.state.service = Service(settings, tasks, workers, admission, metrics, fetcher)
    refusals.install(app)
    app.include_router(router)
    app.add_api_route("/", _index, include_in_schema=False, response_class=FileResponse)
    app.add_api_route("/docs", _docs, include_in_schema=False, response_class=FileResponse)
    app.mount("/page", StaticFiles(directory=PAGE), name="page")
    app.add_middleware(BodyLimits, settings=settings)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            expose_headers=["X-Crop-Box", "X-Crop-Confidence", "X-Photo-Size"],
        )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measured, metrics=metrics)
    return app


async def _index() -> FileResponse:
    return FileResponse(PAGE / "index.html")


async def _docs() -> FileResponse:
    return FileResponse(PAGE / "docs.html")
