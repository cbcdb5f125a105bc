"""What HTTP alone costs `marscrop serve`: the processor time of a request whose crops cost nothing.

    python benchmarks/speed/service_http.py [--rounds 10] [--seconds 1] [--clients 8]

The same requests as in service.py, to a service that finds the crops of the first photo for all of
them. The least of the rounds is told, as whatever else a machine does only adds to it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from pathlib import Path
from typing import Any

from marscrop.bench.photos import make_photo
from service import RATIO, SIZE_PX, core_s, load


def serve_without_crops(port: int) -> None:
    """The service, until it is told to stop."""
    from marscrop.service.limits import ServiceLimits
    from marscrop.service.processing import PhotoProcessor
    from marscrop.service.server import serve

    found: list[Any] = []
    find = PhotoProcessor.crops

    def crops(*args: Any) -> Any:
        if not found:
            found.append(find(*args))
        return found[0]

    setattr(PhotoProcessor, find.__name__, crops)
    serve(ServiceLimits(), host="127.0.0.1", port=port)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--port", type=int, default=8123)
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        content = make_photo(SIZE_PX, Path(folder) / "photo.jpg").read_bytes()
    process = multiprocessing.get_context("spawn").Process(
        target=serve_without_crops, args=(options.port,)
    )
    process.start()
    url = f"http://127.0.0.1:{options.port}/v1/crops?ratio={RATIO}&faces=ignore"
    costs_ms = []
    try:
        while load(url, content, 0.2, 1).statuses["200"] == 0:
            if not process.is_alive():
                raise SystemExit("the service did not start")
        for _ in range(options.rounds):
            before = core_s(process.pid or 0)
            asked = load(url, content, options.seconds, options.clients)
            used = core_s(process.pid or 0) - before
            if set(asked.statuses) != {"200"}:
                raise SystemExit(f"not all were answered: {dict(asked.statuses)}")
            costs_ms.append(used / asked.statuses["200"] * 1e3)
    finally:
        process.terminate()
        process.join()
    print(f"{min(costs_ms):.2f} ms of a core for a request, of {len(content)} bytes")


if __name__ == "__main__":
    main()
