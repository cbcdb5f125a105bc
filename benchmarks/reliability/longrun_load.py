"""What the long run sends: photos that are good, broken, hostile, huge, elsewhere; and hang-ups."""

from __future__ import annotations

import io
import itertools
import random
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
from PIL import Image

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PROBE: Final = "/v1/crops?ratio=16:9&ratio=1:1"
"""The question whose time is taken: always the same photo, with other bytes behind its end."""

KINDS: Final[dict[str, tuple[int, frozenset[int]]]] = {
    "probe": (30, frozenset({200})),
    "form": (8, frozenset({200})),
    "ratios": (8, frozenset({200})),
    "again": (8, frozenset({200, 404})),
    "picture": (8, frozenset({200})),
    "map": (4, frozenset({200})),
    "huge": (1, frozenset({200})),
    "broken": (8, frozenset({200, 415, 422})),
    "hostile": (8, frozenset({413, 415, 422})),
    "question": (5, frozenset({422})),
    "too large": (1, frozenset({413})),
    "url": (4, frozenset({200})),
    "bad url": (3, frozenset({413, 422, 502, 504})),
    "hang-up": (4, frozenset({0})),
}
"""How often each kind of request is made, and what may come of it."""

_BUSY: Final = frozenset({429, 503})
"""May come of anything: it was refused for now."""


def jpeg(picture: Image.Image, size: tuple[int, int], quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    picture.resize(size).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def bomb(width: int, height: int) -> bytes:
    """The header of a PNG of so many pixels, and a few bytes of zeros to decode."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1 << 20))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@dataclass(frozen=True, slots=True)
class Photos:
    """What there is to send."""

    probe: bytes
    good: tuple[bytes, ...]
    huge: bytes
    hostile: tuple[bytes, ...]

    @classmethod
    def make(cls) -> Photos:
        """From the examples."""
        pictures = []
        for path in sorted(EXAMPLES.glob("*.jpg")):
            with Image.open(path) as image:
                pictures.append(image.convert("RGB"))
        good = [jpeg(p, size) for p in pictures for size in ((400, 300), (612, 918), (1224, 816))]
        for kind in ("PNG", "WEBP", "GIF", "TIFF"):
            buffer = io.BytesIO()
            pictures[0].resize((320, 240)).save(buffer, kind)
            good.append(buffer.getvalue())
        hostile = (
            bomb(30_000, 30_000),
            bomb(9_000, 9_000),  # within the limit, but its pixels never come
            b"",
            b"GIF89a" + bytes(100),
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PDF-1.7" + bytes(500),
            b"\xff\xd8\xff\xe1\xff\xff" + bytes(70_000),
            bytes(range(256)) * 100,
        )
        probe = jpeg(pictures[0], (800, 600))
        return cls(probe, tuple(good), jpeg(pictures[0], (4000, 3000), 80), hostile)


@dataclass(slots=True)
class Seen:
    """What clients saw; shared by all of them."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    times: list[tuple[float, float]] = field(default_factory=list)
    """Of probes: when it was answered and how long it took [s]."""
    wrong: list[str] = field(default_factory=list)

    def note(self, kind: str, status: int, detail: str = "") -> None:
        self.statuses[kind, status] += 1
        if status not in KINDS[kind][1] | _BUSY:
            self.wrong.append(f"{kind}: {status} {detail[:200]}")


class Client:
    """One who asks again after each answer, at once or after a rest of random length."""

    def __init__(
        self, url: str, photos: Photos, host: str, seen: Seen, seed: int, pause_s: float = 0.0
    ) -> None:
        self._pause_s = pause_s
        self._url, self._photos, self._host, self._seen = url, photos, host, seen
        self._draw = random.Random(seed)  # noqa: S311 - load, no secrets
        self._numbers = itertools.count(seed << 32)
        self._key = ""
        self._boxes: Any = None
        self._kinds: dict[str, Callable[[httpx2.Client], httpx2.Response]] = {
            "form": lambda http: self._post(http, PROBE, files={"image": ("a.jpg", self._good())}),
            "ratios": lambda http: self._post(http, self._many_ratios(), content=self._good()),
            "again": lambda http: self._post(http, f"{PROBE}&photo={self._key or 'none'}"),
            "picture": lambda http: self._post(http, self._picture(), content=self._good()),
            "map": lambda http: self._post(http, "/v1/map?ratio=4:5", content=self._good()),
            "huge": lambda http: self._post(http, PROBE, content=self._photos.huge),
            "broken": lambda http: self._post(http, PROBE, content=self._broken()),
            "hostile": lambda http: self._post(http, PROBE, content=self._hostile()),
            "question": lambda http: self._post(http, self._question(), content=self._good()),
            "too large": lambda http: self._post(http, PROBE, content=bytes(33 << 20)),
            "url": lambda http: self._post(http, f"{PROBE}&url=http://{self._host}/good"),
            "bad url": lambda http: self._post(http, f"{PROBE}&url={self._bad_url()}"),
        }

    def run(self, stopped: threading.Event) -> None:
        """Ask until it is over."""
        with httpx2.Client(base_url=self._url, timeout=90) as http:
            while not stopped.is_set():
                (kind,) = self._draw.choices(tuple(KINDS), [often for often, _ in KINDS.values()])
                try:
                    if kind == "probe":
                        self._probe(http)
                    elif kind == "hang-up":
                        self._hang_up()
                    else:
                        answer = self._kinds[kind](http)
                        self._seen.note(kind, answer.status_code, answer.text)
                except httpx2.HTTPError as error:
                    # A body that is too large is answered before it is read: writing it may fail.
                    if kind != "too large":
                        self._seen.wrong.append(f"{kind}: {type(error).__name__}: {error}")
                stopped.wait(self._draw.expovariate(1) * self._pause_s)

    def _post(self, http: httpx2.Client, path: str, **body: Any) -> httpx2.Response:
        return http.post(path, **body)

    def _probe(self, http: httpx2.Client) -> None:
        content = self._photos.probe + next(self._numbers).to_bytes(8, "big")
        before = time.monotonic()
        answer = http.post(PROBE, content=content)
        now = time.monotonic()
        self._seen.note("probe", answer.status_code, answer.text)
        if answer.status_code != 200:
            return
        self._seen.times.append((now, now - before))
        found = answer.json()
        self._key, boxes = found["photo"], found["crops"]
        if self._boxes not in (None, boxes):
            self._seen.wrong.append(f"probe: {boxes} after {self._boxes}")
        self._boxes = boxes

    def _hang_up(self) -> None:
        """Leave in the middle of the request, or before its answer."""
        where = urlsplit(self._url)
        content = self._good()
        head = f"POST {PROBE} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n"
        part = self._draw.choice((0, len(content) // 2, len(content)))
        with socket.create_connection((where.hostname or "", where.port or 80), 30) as connection:
            connection.sendall(head.encode() + content[:part])
            time.sleep(self._draw.choice((0.0, 0.02)))
        self._seen.note("hang-up", 0)

    def _good(self) -> bytes:
        content = self._draw.choice(self._photos.good)
        return content + next(self._numbers).to_bytes(8, "big")

    def _broken(self) -> bytes:
        content = bytearray(self._draw.choice(self._photos.good))
        if self._draw.random() < 0.5:
            return bytes(content[: self._draw.randrange(1, len(content))])
        for _ in range(20):
            content[self._draw.randrange(len(content))] ^= 1 << self._draw.randrange(8)
        return bytes(content)

    def _hostile(self) -> bytes:
        return self._draw.choice(self._photos.hostile)

    def _many_ratios(self) -> str:
        ratios = (f"ratio={self._draw.uniform(0.25, 4):.4f}" for _ in range(12))
        return f"/v1/crops?{'&'.join(ratios)}"

    def _picture(self) -> str:
        kind, width = (
            self._draw.choice(("avif", "webp", "jpg", "png")),
            self._draw.choice((64, 800)),
        )
        ratio = self._draw.choice(("1:1", "16:9"))
        return f"/v1/crop?ratio={ratio}&format={kind}&width={width}&enlarge=4"

    def _question(self) -> str:
        return self._draw.choice(
            ("/v1/crops?ratio=0:1", "/v1/crops", f"{PROBE}&keep=nowhere", f"{PROBE}&surprise=1")
        )

    def _bad_url(self) -> str:
        trap = self._draw.choice(("loop", "endless", "missing", "", ""))
        elsewhere = self._draw.choice(("http://10.0.0.1/a.jpg", "file:///etc/passwd"))
        return f"http://{self._host}/{trap}" if trap else elsewhere


@contextmanager
def photo_host(photo: bytes) -> Iterator[str]:
    """A web server with one good photo and some traps; its "host:port"."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/loop":
                self.send_response(302)
                self.send_header("Location", "/loop")
                self.end_headers()
            elif self.path == "/missing":
                with suppress(OSError):
                    self.send_error(404)
            else:
                self.send_response(200)
                self.end_headers()
                self._send()

        def _send(self) -> None:
            try:
                self.wfile.write(photo)
                while self.path == "/endless":
                    self.wfile.write(bytes(1 << 20))
            except OSError:
                pass  # whoever asked has had enough

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
