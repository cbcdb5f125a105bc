"""Admission of requests: so many at once; the rest is refused rather than kept waiting."""

from __future__ import annotations

from collections import Counter

from marscrop.service.limits import ServiceLimits
from marscrop.service.refusals import busy


class Admission:
    """Counts requests in flight. Of the event loop's thread alone."""

    def __init__(self, limits: ServiceLimits) -> None:
        self._limits = limits
        self._in_flight: Counter[str] = Counter()

    @property
    def in_flight(self) -> int:
        """Requests that were let in and are not answered yet."""
        return self._in_flight.total()

    @property
    def full(self) -> bool:
        """Whether the next request would be refused, whoever it came from."""
        return self.in_flight >= self._limits.max_in_flight

    def enter(self, client: str) -> Admitted:
        """Let a request in for as long as the block lasts.

        Args:
            client: its address.

        Returns:
            what the block is entered with.

        Raises:
            Refusal: 503, no room; 429, the client has too many requests in flight already.
        """
        limits = self._limits
        if self._in_flight[client] >= limits.max_per_client:
            raise busy(
                "too_many_requests",
                f"one client may have {limits.max_per_client} requests in flight; "
                f"wait for answers before you send more",
                ("max_per_client", limits.max_per_client),
                client=True,
            )
        if self.full:
            raise busy(
                "busy",
                f"{limits.max_in_flight} requests are in flight, which is all that are taken; "
                f"try again in a second",
                ("max_in_flight", limits.max_in_flight),
            )
        self._in_flight[client] += 1
        return Admitted(self, client)

    def leave(self, client: str) -> None:
        """A request of a client is answered."""
        self._in_flight[client] -= 1
        if not self._in_flight[client]:
            del self._in_flight[client]


class Admitted:
    """A request that was let in, until its block ends."""

    __slots__ = ("_admission", "_client")

    def __init__(self, admission: Admission, client: str) -> None:
        self._admission = admission
        self._client = client

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        self._admission.leave(self._client)
