"""Metrics for Prometheus. Each application has a registry of its own."""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import cache
from http import HTTPMethod, HTTPStatus
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marscrop.service.admission import Admission
from marscrop.service.cache import AnalysisCache

_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
_METHODS: Final = frozenset(HTTPMethod)
_OTHER: Final = "other"


class Metrics:
    """Counters of one application."""

    def __init__(self, admission: Admission, analyses: AnalysisCache) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("path", "method", "status")
        self.requests = Counter(
            "marscrop_requests",
            "Requests answered, refusals included; 499: the client left before it had sent all.",
            labels,
            registry=self._registry,
        )
        self.seconds = Histogram(
            "marscrop_request_seconds",
            "From a request's first line to the end of its answer.",
            ("path",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        in_flight = Gauge(
            "marscrop_requests_in_flight",
            "Requests let in, not answered yet.",
            registry=self._registry,
        )
        in_flight.set_function(lambda: admission.in_flight)
        photos = Gauge(
            "marscrop_photos_kept", "Photos whose features are in memory.", registry=self._registry
        )
        photos.set_function(lambda: len(analyses))
        # Labels are understood anew at each call, which takes longer than to count; they are few.
        self._count = cache(self.requests.labels)
        self._seconds = cache(self.seconds.labels)

    def count(self, path: str, method: str, status: int, seconds: float) -> None:
        """Count a request and its time [s]."""
        self._count(path, method, status).inc()
        self._seconds(path).observe(seconds)

    def count_refused(self, status: HTTPStatus) -> None:
        """Count what was refused before it was a request."""
        self.requests.labels(_OTHER, _OTHER, int(status)).inc()

    def response(self) -> Response:
        """All of it, in Prometheus' text format."""
        return Response(
            generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


class MetricsMiddleware:
    """Middleware that counts what passes.

    Requests are told apart by the paths and methods that there are, with one word for all others:
    names must not grow with traffic.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Collection[str]) -> None:
        self._app = app
        self._metrics = metrics
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500  # of an answer that never begins
        started = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            path = scope["path"] if scope["path"] in self._paths else _OTHER
            method = scope["method"] if path != _OTHER and scope["method"] in _METHODS else _OTHER
            self._metrics.count(path, method, status, time.perf_counter() - started)
