"""A batch from S3 to S3, with faults of the store and SIGKILLs; it must end as an undisturbed one.

    .venv/bin/pip install 'moto[server]' s3fs boto3
    .venv/bin/python benchmarks/reliability/s3_batch.py --photos 200 --kills 8

The store is moto's server, spoken to over HTTP as S3 is. Between it and `marscrop batch` stands a
proxy that answers some requests with 500 or 503, hangs up before or after they were carried out, or
cuts an answer short; and all requests for some photos, so that no retry helps. Then:

- a run under faults prints no traceback, and each photo that failed is one line and one row;
- after kills under faults and one run without, manifests and objects are those of an undisturbed
  run, byte for byte.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.reliability.kill_batch import make_library

FAULTS: Final = ("500", "503", "hang up", "hang up after", "cut short")
_LOST: Final = "000003"
"""Photos of which the name ends so cannot be had while there are faults."""

_BODIES: Final = {"500": "InternalError", "503": "SlowDown"}
_HOP: Final = {"connection", "transfer-encoding", "content-length", "keep-alive", "host"}


class Faults:
    """What the proxy does to requests.

    Attributes:
        share: of the requests that meet one, 0..1.
        made: how many of each kind.
    """

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)  # noqa: S311 - faults, no secrets
        self._lock = threading.Lock()
        self.share = 0.0
        self.made: Counter[str] = Counter()

    def next(self, path: str) -> str:
        """The fault of a request, or an empty word."""
        with self._lock:
            lost = self.share > 0 and _LOST in path and "photos" in path
            if not lost and self._draw.random() >= self.share:
                return ""
            fault = "500" if lost else self._draw.choice(FAULTS)
            self.made[fault] += 1
            return fault


@contextmanager
def faulty_proxy(port: int, faults: Faults) -> Iterator[str]:
    """The URL of a proxy to a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = faults.next(self.path)
            if fault in _BODIES:
                text = f"<Error><Code>{_BODIES[fault]}</Code><Message>made</Message></Error>"
                self._answer(int(fault), [], text.encode())
                return
            if fault == "hang up":
                self.close_connection = True
                return
            store = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            store.request(self.command, self.path, body, headers)
            answer = store.getresponse()
            content = answer.read()
            store.close()
            if fault == "hang up after":
                self.close_connection = True
                return
            self._answer(answer.status, answer.getheaders(), content, fault == "cut short")

        def _answer(
            self, status: int, headers: list[tuple[str, str]], content: bytes, short: bool = False
        ) -> None:
            self.send_response(status)
            length = str(len(content))
            for name, value in headers:
                if name.lower() == "content-length":
                    length = value  # of HEAD, the object's
                elif name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", length)
            self.end_headers()
            if short:
                self.close_connection = True
                content = content[: len(content) // 2]
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Whoever was killed has hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def command(target: str) -> list[str]:
    marscrop = [sys.executable, "-m", "marscrop", "batch", "s3://photos", "-o", target]
    return [*marscrop, "-r", "16:9", "-r", "1:1", "--sidecar", "xmp", "--workers", "2"]


def objects(s3: Any, bucket: str) -> dict[str, bytes]:
    """All of a bucket but the journal."""
    found: dict[str, bytes] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            if not entry["Key"].startswith(".marscrop/"):
                content = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
                found[entry["Key"]] = content
    return found


def check(folder: Path, photos: int, kills: int, seed: int, edge_px: int) -> dict[str, Any]:
    """What happened; "good" is the verdict."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    keys = {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    os.environ.update(keys)
    s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
    for bucket in ("photos", "plain", "disturbed"):
        s3.create_bucket(Bucket=bucket)
    make_library(folder, photos, edge_px)
    for path in sorted(folder.rglob("*.jpg")):
        s3.put_object(Bucket="photos", Key=str(path.relative_to(folder)), Body=path.read_bytes())
    faults, draw = Faults(seed), random.Random(seed)  # noqa: S311 - moments, not secrets
    try:
        with faulty_proxy(port, faults) as url:
            environment = {**os.environ, **keys, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "2"}
            return _disturb(s3, environment, faults, draw, photos, kills)
    finally:
        server.stop()


def _run(target: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(target), env=environment, capture_output=True, text=True, check=False
    )


def _disturb(
    s3: Any,
    environment: dict[str, str],
    faults: Faults,
    draw: random.Random,
    photos: int,
    kills: int,
) -> dict[str, Any]:
    plain = _run("s3://plain", environment)
    began = time.monotonic()
    faults.share = 0.1
    deaths = 0
    for done in sorted(draw.sample(range(photos), kills)):
        deaths += _killed(s3, environment, done, draw.uniform(0, 0.3))
    under_faults = _run("s3://disturbed", environment)
    rows = _rows(s3)
    faults.share = 0.0
    last = _run("s3://disturbed", environment)
    expected, found = objects(s3, "plain"), objects(s3, "disturbed")
    said = under_faults.stderr
    failed = sorted({row["source"] for row in rows if row["error"]})
    named = sum(line.startswith("marscrop: s3://photos/") for line in said.splitlines())
    result = {
        "photos": photos,
        "kills": deaths,
        "faults": dict(sorted(faults.made.items())),
        "exit codes": [plain.returncode, under_faults.returncode, last.returncode],
        "failed under faults": len(failed),
        "named on stderr": named,
        "tracebacks": sum(run.stderr.count("Traceback") for run in (plain, under_faults, last)),
        "objects": len(found),
        "objects and manifests equal": found == expected,
        "errors": sorted({row["error"] for row in rows if row["error"]})[:6],
        "stderr": said.splitlines()[-4:],
        "seconds": round(time.monotonic() - began),
    }
    result["good"] = bool(
        found == expected
        and not result["tracebacks"]
        and named == (min(len(failed), 20) if rows else 0)  # batch names so many
        and result["exit codes"] == [1, 1, 1]  # damaged photos are in the library
        and deaths
    )
    return result


def _killed(s3: Any, environment: dict[str, str], done: int, delay_s: float) -> bool:
    """Start a run and SIGKILL it once there are so many sidecars; whether it was still at work."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command("s3://disturbed"), env=environment, stdout=said, stderr=said
        )
        while process.poll() is None and _count(s3) < 2 * done:
            time.sleep(0.1)
        time.sleep(delay_s)
        if process.poll() is not None:
            return False
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def _count(s3: Any) -> int:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="disturbed")
    return sum(
        entry["Key"].endswith(".xmp") for page in pages for entry in page.get("Contents", [])
    )


def _rows(s3: Any) -> list[dict[str, Any]]:
    """The manifest that the run under faults wrote, if it could."""
    try:
        content = s3.get_object(Bucket="disturbed", Key="manifest.jsonl")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return []
    return [json.loads(line) for line in content.decode().splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--edge", type=int, default=320, help="longer side of the photos [px]")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = check(Path(folder), options.photos, options.kills, options.seed, options.edge)
    print(json.dumps(result, indent=1))
    sys.exit(not result["good"])


if __name__ == "__main__":
    main()
