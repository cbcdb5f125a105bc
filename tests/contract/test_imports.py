"""Importing is cheap: in what it loads, not by the clock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

import marscrop
from marscrop.native import NONE, network_level

HEAVY = ("numpy", "PIL", "onnxruntime", "torch", "click", "typer", "rich")

CROP = "crop", "examples/cat.jpg", "-r", "16:9", "--json"

NEEDED = {"marscrop", "numpy", "PIL", "click", "_cffi_backend"}
"""Packages that the boxes of a small JPEG take, where the parts in C run the network."""

NOT_NEEDED = (
    *("numpy.typing", "numpy.random", "numpy.ma"),
    *("asyncio", "email", "http", "importlib.metadata", "multiprocessing", "ssl", "xml"),
    *("decimal", "hashlib", "random", "secrets", "shutil", "tempfile", "urllib.request"),
    *("PIL.ImageCms", "PIL.ImageFilter", "PIL.ImageOps"),
    *("PIL.GifImagePlugin", "PIL.PngImagePlugin", "PIL.TiffImagePlugin", "PIL.WebPImagePlugin"),
    *("marscrop.batch", "marscrop.bench", "marscrop.doctor", "marscrop.exchange"),
    *("marscrop.integrations", "marscrop.service"),
    *("marscrop.cli.batch", "marscrop.cli.bench", "marscrop.cli.doctor", "marscrop.cli.plugins"),
    *("marscrop.cli.completion", "marscrop.cli.own_presets", "tomllib"),
    *("marscrop.cli.output_paths", "marscrop.cli.serve"),
    *("marscrop.faces.centerface", "marscrop.faces.detector", "marscrop.faces.protection"),
    *("marscrop.imaging.border_edges", "marscrop.imaging.ground"),
    *("marscrop.imaging.crop_file", "marscrop.imaging.encoding", "marscrop.imaging.lossless"),
    *("marscrop.imaging.output_format", "marscrop.imaging.padding"),
    *("marscrop.imaging.colourspace.space", "marscrop.imaging.colourspace.avif_properties"),
    *("marscrop.imaging.deep", "marscrop.imaging.heif_orientation", "marscrop.imaging.isobmff"),
    *("marscrop.imaging.jpeg.eighth", "marscrop.imaging.jxl", "marscrop.imaging.photo_suffixes"),
    *("marscrop.imaging.png", "marscrop.imaging.raw"),
    *("marscrop.imaging.tiff_directory", "marscrop.imaging.tiff_kind"),
    *(
        "marscrop.window.conflict",
        "marscrop.window.constrained_search",
        "marscrop.window.content",
        "marscrop.window.focal_point",
        "marscrop.window.framing",
    ),
    *("marscrop.window.padded_crop", "marscrop.window.scorer"),
)
"""What other photos, options and commands need, each with the modules below it."""


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
    assert "marscrop.cropper" in loaded
    assert not {m for m in loaded if m.startswith(("torch", "onnx.", "marscrop_research"))}


def modules_of_command(*arguments: str) -> set[str]:
    """What a command of its own process has imported when it ends."""
    return modules_after(
        f"import contextlib, io, sys; sys.argv = ['marscrop', *{arguments!r}]\n"
        "from marscrop.cli.app import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()"
    )


def unneeded(modules: set[str]) -> Iterator[str]:
    for name in sorted(modules):
        if any(name == other or name.startswith(f"{other}.") for other in NOT_NEEDED):
            yield name


def test_boxes_on_the_command_line_import_no_more_than_they_need() -> None:
    loaded = modules_of_command(*CROP)
    assert "marscrop.decision" in loaded
    checked = {"hashlib"} if network_level() == NONE else set()  # a model that was not prepared
    assert set(unneeded(loaded)) <= checked
    packages = {name.partition(".")[0] for name in loaded - modules_after("")}
    assert {name for name in packages if not name.startswith("_native")} - {
        *sys.stdlib_module_names,
        *("org", "nt"),  # what copy and pathlib try for other Pythons and systems
    } <= NEEDED | ({"onnxruntime"} if network_level() == NONE else set())


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_modules_that_are_not_needed_are_called_so(name: str) -> None:
    assert find_spec(name), "renamed or gone: the test above would not see it"


@pytest.mark.parametrize(
    ("arguments", "module"),
    [
        (("--zoom", "tight"), "marscrop.window.framing"),
        (("--max-candidates", "2"), "marscrop.window.constrained_search"),
        (("--avoid", "0%,0%,100%,99%", "--fallback", "pad"), "marscrop.window.padded_crop"),
    ],
)
def test_what_an_option_needs_is_imported_for_it(arguments: tuple[str, ...], module: str) -> None:
    assert module in modules_of_command(*CROP, *arguments)


def test_version_and_help_of_a_command_import_nothing_heavy() -> None:
    for arguments in (("--version",), ("crop", "--help")):
        loaded = modules_of_command(*arguments)
        assert not loaded & ({*HEAVY, "importlib.metadata"} - {"click"})


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
