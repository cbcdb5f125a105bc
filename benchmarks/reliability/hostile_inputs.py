"""Distinct hostile inputs without an end: photos, names, rows of lists, requests, command lines.

All are functions of a seed. For `hostile_many.py`.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from typing import Final

from tests.hostile.corpus import FAMILIES, Case
from tests.hostile.fuzz_native import seed_photos
from tests.hostile.fuzz_same_pixels import made
from tests.hostile.mutations import mutations

_A_TURN: Final = 1000
"""Mutations and crafted JPEGs come in turns of so many."""


class Distinct:
    """A filter that lets through what it has not seen, by SHA-256."""

    def __init__(self) -> None:
        self._digests: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._digests)

    def is_new(self, content: bytes) -> bool:
        digest = hashlib.sha256(content).digest()
        new = digest not in self._digests
        self._digests.add(digest)
        return new


def photos(seed: int, distinct: Distinct) -> Iterator[Case]:
    """The families made by hand, then damaged photos of all formats and crafted JPEGs in turn."""
    crafted, seeds = itertools.count(seed * 10_000_000), seed_photos()
    for name, make in FAMILIES.items():
        for case in make():
            if distinct.is_new(case.content):
                yield Case(f"{name.replace(' ', '-')}-{case.name}", case.content)
    for turn in itertools.count(seed * 1000):
        jpegs = (
            Case(f"crafted{number}.jpg", made(number, seeds))
            for number in itertools.islice(crafted, _A_TURN // 2)
        )
        for case in itertools.chain(mutations(turn, _A_TURN), jpegs):
            if distinct.is_new(case.content):
                yield Case(f"{turn}-{case.name}", case.content)


_ODD: Final = (
    *(b"\n", b"\r", b"\t", b"\x1b[2J", b"\x01", b"\x7f", b" ", b"-", b"--", b"%", b"%2e%2e", b"~"),
    *(b"*", b"[x]", b"?", b"{a,b}", b"$(id)", b"`", b"'", b'"', b"\\", b":", b"::", b"|", b"#"),
    *(b"..", b"...", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xf0\x9f\x90\x88"),
    *(b"e\xcc\x81", b"\xc3\xa9", b"con", b"NUL", b"s3:", b"a" * 100, b".", b",", b";", b"="),
)


def name(chance: random.Random, suffix: str) -> bytes:
    """A file's name of odd parts, such as some systems allow, of at most 255 bytes."""
    parts = b"".join(chance.choices(_ODD, k=chance.randint(1, 4)))
    number = str(chance.randrange(10**9)).encode()
    return (parts.replace(b"/", b"")[:200].lstrip(b".") or b"x") + number + suffix.encode()


# Without hdfs://, of which libhdfs words each failure but the first otherwise.
_SCHEMES: Final = (
    *(
        "",
        "file://",
        "file:///",
        "ftp://",
        "sftp://",
        "zip://",
        "zip::",
        "s3://",
        "gs://",
        "http://",
    ),
    *(
        "https://127.0.0.1:1/",
        "reference://",
        "memory://",
        "data:",
        "simplecache::",
        "tar://",
        "blob:",
    ),
    *("github://", "jar:", "\\\\host\\", "C:\\", "/", "//", "git://", "dbfs:/", "x://"),
)
_PATHS: Final = (
    *("..", "../" * 9, "a", "a/../../b", "", "/", "//", "%2e%2e/", ".", "*", "[", "?x=1", "#", "@"),
    *("user:pw@h/", "h:99999/", "[::1", "é", "\u202e", "a b", "\x01", "::", "x.jpg", "b.png", "-"),
)


def row(chance: random.Random) -> str:
    """A photo's address that no one has, or that is none."""
    path = "".join(chance.choices(_PATHS, k=chance.randint(1, 4)))
    long = "z" * chance.choice((0, 0, 0, 0, 5000))
    return f"{chance.choice(_SCHEMES)}{path}{long}{chance.randrange(10**9)}.jpg"


_METHODS: Final = (
    *("POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "PRI"),
    *("post", "P" * 9000, "\x00", "GET /x HTTP/1.1\r\nHost: a\r\n\r\nGET"),
)
_TARGETS: Final = (
    *("/v1/crops", "/v1/crop", "/v1/map", "/", "/healthz", "/readyz", "/metrics", "/openapi.json"),
    *("/page/../../etc/passwd", "/page/%2e%2e/x", "//x", "*", "http://127.0.0.1/v1/crops", "/%00"),
    *("/page/" + "a" * 5000, "/v1/crops/", "/\xff", ""),
)
_QUERIES: Final = (
    *("ratio=1:1", "ratio=0:0", "ratio=", "ratio=1e999", "ratio=nan", "ratio=%00", "keep=1,2", "&"),
    *("url=http://10.0.0.1/", "url=file:///etc/passwd", "faces=keep", "width=99999999", "width=-1"),
    *("format=avif", "format=exe", "photo=../x", "quality=101", "zoom=tight", "ratio=1:1" * 500),
    *("metadata=all", "%ff=%ff", "=" * 50, "surprise=1", "height=1", "anchor=nowhere", "ratio=9:1"),
)
_FIELDS: Final = (
    *("Host: localhost", "Host: evil.example", "Host:", "Host: a\r\nHost: b", "Content-Length: 9"),
    *("Content-Length: -1", "Content-Length: 99999999999999999999", "Content-Length: 1, 2"),
    *(
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding : chunked",
    ),
    *(
        "Origin: http://evil.example",
        "Origin: null",
        "Sec-Fetch-Site: cross-site",
        "Expect: 100-continue",
    ),
    *("Content-Type: multipart/form-data; boundary=x", "Content-Type: multipart/form-data"),
    *(
        "Content-Type: image/jpeg",
        "Content-Encoding: gzip",
        "X-Forwarded-For: 1.2.3.4",
        "Range: bytes=0-",
    ),
    *(
        "Upgrade: h2c",
        "Upgrade: websocket",
        "Connection: close",
        "Connection: Upgrade",
        "Cookie: " + "a" * 9000,
    ),
    *(
        "X: \x00",
        "X: \n y",
        " folded",
        "No colon",
        ": empty",
        "X\x01: y",
        "Accept: */*;q=2",
        "If-None-Match: *",
    ),
)
_BODIES: Final = (
    *(
        b"",
        b"123456789",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n",
        b"fffffffffffffffff\r\n",
        b"-1\r\n",
    ),
    *(
        b"0\r\nX: y\n\r\n\r\n",
        b"5;a=b\r\nhello\r\n0\r\n\r\n",
        b"--x\r\n\r\n--x--",
        b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ),
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="../a"\r\n\r\nx\r\n--x--\r\n',
)


def request(chance: random.Random) -> bytes:
    """What a client may send that speaks HTTP badly, or tries to get past something."""
    query = "&".join(chance.choices(_QUERIES, k=chance.randint(0, 4)))
    fields = chance.choices(_FIELDS, k=chance.randint(0, 6))
    if chance.random() < 0.7:
        fields.insert(0, "Host: localhost")
    version = chance.choice(("HTTP/1.1",) * 6 + ("HTTP/1.0", "HTTP/2.0", "HTTP/9", ""))
    line = f"{chance.choice(_METHODS)} {chance.choice(_TARGETS)}?{query} {version}"
    fields.append(f"X-Number: {chance.randrange(10**9)}")
    head = "\r\n".join([line, *fields, "", ""]).encode("latin-1", "replace")
    content = bytearray(head + chance.choice(_BODIES))
    for _ in range(chance.choice((0, 0, 1, 3))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


_FLAGS: Final = (
    *(
        "--ratio",
        "--output",
        "--quality",
        "--format",
        "--max-pixels",
        "--max-decoded-mib",
        "--keep",
    ),
    *(
        "--avoid",
        "--anchor",
        "--fallback",
        "--min-size",
        "--faces",
        "--zoom",
        "--threads",
        "--model",
    ),
    *("--max-candidates", "--min-confidence", "--pad-fill", "--workers", "--tool", "--engine"),
    *("--nonsense", "-r", "-o", "--", "-", "--json", "--lossless", "--sidecar", "--dry-run"),
)
_VALUES: Final = (
    *(
        "16:9",
        "0:1",
        "1:0",
        "nan",
        "inf",
        "1e400",
        "-1",
        "",
        " ",
        "5%,10%,50%,80%",
        "1,2,3",
        "9" * 400,
    ),
    *(
        "0,0,0,0",
        "100%,100%,1%,1%",
        "centre",
        "pad",
        "jpg",
        "exe",
        "keep",
        "tight",
        "/proc/x",
        "\u202e",
        "é",
    ),
    *(
        "1:1:1",
        "1/2",
        "¼",
        "٣:٢",
        "square",
        "0x10",
        "1_0",
        "{",
        "%s",
        "a" * 3000,
        "--",
        "x=y",
        ",",
        ":",
    ),
)


def command_line(chance: random.Random) -> list[str]:
    """Arguments of `marscrop` that make little sense."""
    arguments = [chance.choice(("crop", "crop", "crop", "batch", "batch", "nonsense"))]
    arguments += chance.choice(([], ["photo.jpg"], ["photo.jpg", "-r", "1:1", "-o", "crops"]))
    for _ in range(chance.randint(1, 5)):
        arguments.append(chance.choice(_FLAGS))
        value = chance.choice(_VALUES)
        arguments.append(value if chance.random() < 0.6 else f"{value}{chance.randrange(10**6)}")
    return arguments
