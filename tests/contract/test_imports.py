"""Importing is cheap: in what it loads, not by the clock."""

import subprocess
import sys

import pytest

import marscrop

HEAVY = ("numpy", "PIL", "onnxruntime", "torch", "click", "typer", "rich")


def modules_after(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_import_loads_nothing_heavy() -> None:
    assert not modules_after("import marscrop") & set(HEAVY)


def test_cropping_loads_no_research() -> None:
    code = "import marscrop; marscrop.Cropper().crop('examples/cat.jpg', '1:1')"
    loaded = modules_after(code)
    assert "onnxruntime" in loaded
    assert not {m for m in loaded if m.startswith(("torch", "onnx.", "marscrop_research"))}


def test_command_line_loads_no_research() -> None:
    loaded = modules_after("import marscrop.cli.app")
    assert not {m for m in loaded if m.startswith(("torch", "marscrop_research"))}


@pytest.mark.parametrize("name", marscrop.__all__)
def test_every_public_name_exists_and_is_documented(name: str) -> None:
    assert getattr(marscrop, name).__doc__


def test_public_names_are_few_beside_the_errors() -> None:
    assert len([name for name in marscrop.__all__ if not name.endswith("Error")]) <= 6


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = marscrop.nothing
