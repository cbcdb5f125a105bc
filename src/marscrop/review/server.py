"""Running a review: a server on this machine, until it is told to stop."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Final

import uvicorn

from marscrop.review.access import PARAMETER, Secret
from marscrop.review.app import ReviewEndpoints, create_app
from marscrop.review.opening import opened_review
from marscrop.review.reviewed_batch import open_batch
from marscrop.service.connections import Connection, Connections
from marscrop.service.limits import ServiceLimits
from marscrop.service.listening import listening, url_of

HOST: Final = "127.0.0.1"
"""The only address that a review listens on."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a review.

    Attributes:
        states: how many crops are in each state; None is that of those without a decision.
        faults: why photos could not be written, by their source.
        fault: why nothing could be written; None if it could.
    """

    states: Counter[str | None]
    faults: dict[str, str]
    fault: str | None


def serve_review(target: str, *, port: int, told: Callable[[str], None], browser: bool) -> Outcome:
    """Serve the review of a batch until SIGINT or SIGTERM; what was decided is then written.

    Args:
        target: folder or URL that a run has written to.
        port: to listen on; 0 takes a free one.
        told: is told the page's address.
        browser: whether to open it in a browser.

    Raises:
        OptionError: no finished batch is there, or a run or another review is at work on it.
        StorageError: the target cannot be read, or nothing can be written there.
        MarscropError: the port cannot be had.
    """
    open_batch(target)  # first: where no batch is, nothing is touched
    with listening(HOST, port) as sockets, opened_review(target) as opened:
        review, writer, reviser = opened
        secret = Secret(sockets[0].getsockname()[1])
        endpoints = ReviewEndpoints(review, writer, reviser, target, secret)
        address = f"{url_of(sockets[0])}/?{PARAMETER}={secret.text}"
        limits = ServiceLimits()
        config = uvicorn.Config(
            create_app(endpoints, secret, HOST),
            http=partial(Connection, connections=Connections(limits)),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )

        def begun() -> None:
            told(address)
            if browser:  # in a thread, as one for terminals would hold up the server
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

        _Server(config, begun).run(sockets)
    states = Counter(review.crop(place).state for place in review.places())
    faults = {review.records[photo].source: why for photo, why in writer.faults.items()}
    return Outcome(states, faults, writer.fault)


class _Server(uvicorn.Server):
    """uvicorn's, for which a signal is the ordinary end."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._begun()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit  # the second time
        self.should_exit = True
