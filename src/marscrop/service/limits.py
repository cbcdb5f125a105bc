"""The limits of a service: what it allows, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from marscrop.cores import usable_cores
from marscrop.errors import OptionError
from marscrop.imaging.cost import MEBIBYTE
from marscrop.imaging.photo import DEFAULT_MAX_DECODED_BYTES


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """Limits of one running service. Every refusal names the field that it comes from.

    Attributes:
        workers: photos that are worked on at the same time, each on one core.
        max_body_bytes: of a request, and of a photo that is fetched.
        max_pixels: of a photo, read from its header before anything is decoded.
        max_decoded_bytes: of memory while one photo's crops are found, likewise.
        max_output_px: of a crop's width and height after resizing.
        max_enlargement: times a crop's own pixels along a side that a picture may be asked to have
            (`enlarge`); without being asked it has twice as many at most.
        max_encoded_bytes: of memory for a picture that comes out and its encoder.
        max_crops: ratios times `max_candidates` of one request.
        max_boxes: of each option that takes several, such as boxes to keep, in one request.
        max_in_flight: requests that are being read, waited for or worked on.
        max_per_client: of them, from one address.
        max_connections: that are open; beyond, those that wait longest for a request are closed.
        max_unread_bytes: of answers that clients do not read; beyond, the oldest are dropped.
        head_timeout_s: for a request's headers to arrive.
        body_timeout_s: for the rest of it.
        answer_timeout_s: from a complete request to its answer, the wait for a worker included.
        stop_timeout_s: that requests in flight have to finish in when the service is stopped.
        fetch_timeout_s: for a photo from a URL, redirects included.
        max_redirects: followed on the way to it.
        photos_kept: photos whose features stay in memory, so that a further ratio needs no upload.
        allowed_hosts: hosts that photos are fetched from, "images.example.com" or with ":8080";
            none by default.
        host_names: that the service is called by, beside localhost and loopback addresses: names or
            addresses; "0.0.0.0" stands for all addresses, "*" for all names. `marscrop serve`
            adds what it listens on.
        cors_origins: origins whose pages may use the service from a browser; none by default.
    """

    workers: int = field(default_factory=usable_cores)
    max_body_bytes: int = 32 * MEBIBYTE
    max_pixels: int = 100_000_000
    max_decoded_bytes: int = DEFAULT_MAX_DECODED_BYTES
    max_output_px: int = 8192
    max_enlargement: float = 4
    max_encoded_bytes: int = 768 * MEBIBYTE
    max_crops: int = 64
    max_boxes: int = 32
    max_in_flight: int = 64
    max_per_client: int = 48
    max_connections: int = 512
    max_unread_bytes: int = 256 * MEBIBYTE
    head_timeout_s: float = 10
    body_timeout_s: float = 20
    answer_timeout_s: float = 30
    stop_timeout_s: float = 30
    fetch_timeout_s: float = 10
    max_redirects: int = 3
    photos_kept: int = 256
    allowed_hosts: tuple[str, ...] = ()
    host_names: tuple[str, ...] = ()
    cors_origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for limit in fields(self):
            value = getattr(self, limit.name)
            least = 0 if limit.name in ("photos_kept", "max_redirects") else 1
            is_count = isinstance(value, float | int) and not limit.name.endswith("_s")
            if is_count and not value >= least:
                raise OptionError.of(limit.name, f"must be at least {least}", value)
            if limit.name.endswith("_s") and not value > 0:
                raise OptionError.of(limit.name, "must be more than 0 seconds", value)
