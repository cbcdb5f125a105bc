"""`marscrop doctor`: what it finds, and that nothing broken keeps it from saying so."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Cli

import marscrop
from marscrop.cropper import Cropper
from marscrop.doctor import self_test
from marscrop.errors import ModelError
from marscrop.native import NONE, network_level
from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest

PARTS = ("features", "meta", "head")


def found(cli: Cli, *options: object) -> tuple[int, dict[str, Any], str]:
    """Exit code, the object, and stderr."""
    result = cli("doctor", "--json", *options)
    return result.code, json.loads(result.out), result.err


def test_it_says_what_is_here_and_that_crops_work(cli: Cli, packaged_model: Path) -> None:
    code, table, err = found(cli)
    assert (code, err, table["ok"]) == (0, "", True)
    assert table["versions"]["marscrop"] == marscrop.__version__
    assert {"python", "numpy", "pillow", "onnxruntime"} < set(table["versions"])
    assert table["machine"]["usable_cores"] >= 1
    assert table["machine"]["marscrop"] == str(Path(marscrop.__file__).parent)
    libraries = {"libjpeg-turbo", "libwebp", "libavif", "libheif", "libde265", "libvips"}
    assert libraries < set(table["codecs"])
    assert table["codecs"]["network"] in {"AVX2", "AVX-512", "NEON", "ONNX Runtime"}
    assert set(table["onnxruntime"]["used"]) <= set(table["onnxruntime"]["available"])
    assert table["model"]["folder"] == str(packaged_model)
    assert all(table["model"][part]["as_packaged"] for part in PARTS)
    assert table["self_test"]["checked"] == "as this model must give"
    assert "problem" not in table["self_test"]
    assert table["extras"]


def test_a_person_reads_the_same(cli: Cli) -> None:
    result = cli("doctor")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[-1] == "ok: crops work here"
    assert {"versions", "codecs", "model", "self test", "extras"} <= set(lines)
    assert f"  {'marscrop':24s} {marscrop.__version__}" in lines


def test_missing_extras_are_no_failure(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from marscrop.doctor import extras

    found = [extras.Extra("ray", ("ray[data]>=2.51",)), extras.Extra("heic", ())]
    monkeypatch.setattr(extras, "examine_extras", lambda: found)
    result = cli("doctor")
    assert result.code == 0
    ray = "missing ray[data]>=2.51: pip install '.[ray]' in a checkout of marscrop"
    assert f"  {'ray':24s} {ray}" in result.out
    assert f"  {'heic':24s} complete" in result.out


def test_a_damaged_part_of_the_model_is_named(
    cli: Cli, packaged_model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(packaged_model, tmp_path / "model")
    content = bytearray((folder / "meta.onnx").read_bytes())
    content[1000] ^= 1
    (folder / "meta.onnx").write_bytes(content)
    code, table, err = found(cli, "--model", folder)
    assert (code, table["ok"]) == (1, False)
    assert [table["model"][part]["as_packaged"] for part in PARTS] == [True, False, True]
    for name in ("model", "self_test"):
        assert table[name]["problem"].startswith(f"{folder / 'meta.onnx'}: its SHA-256 is not")
        assert f"marscrop: {name.replace('_', ' ')} failed: " in err
    assert "install marscrop" in err
    assert table["codecs"]
    assert table["extras"]


def test_a_model_that_is_not_there_is_said(cli: Cli, tmp_path: Path) -> None:
    result = cli("doctor", "--model", tmp_path)
    assert result.code == 1
    assert f"marscrop: model failed: {tmp_path}: no model here" in result.err
    assert "ok:" not in result.out


@pytest.mark.parametrize(
    ("package", "check"),
    [
        ("PIL", "codecs"),
        ("numpy", "model"),
        ("onnxruntime", "onnxruntime"),
        ("packaging", "extras"),
    ],
)
def test_a_package_that_fails_to_load_is_a_finding(
    package: str, check: str, tmp_path: Path
) -> None:
    broken = tmp_path / package / "__init__.py"
    broken.parent.mkdir()
    broken.write_text("raise OSError('libc.so.7: cannot open')")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", "marscrop", "doctor", "--json"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(Path(marscrop.__file__).parent) not in done.stderr  # no traceback of ours
    table = json.loads(done.stdout)
    assert table[check]["problem"] == (
        "OSError: libc.so.7: cannot open; reinstall it: pip install --force-reinstall ."
        " in a checkout of marscrop"
    )
    dispensable = {"packaging"} if network_level() == NONE else {"packaging", "onnxruntime"}
    assert done.returncode == (0 if package in dispensable else 1)
    assert len(done.stderr.splitlines()) >= done.returncode
    assert table["versions"]["python"]


def test_nothing_heavy_is_imported() -> None:
    code = "from marscrop.doctor.checks import examine; examine(); import sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "marscrop.runtime.manifest" in loaded
    assert not loaded & {"torch", "ray", "pyarrow", "starlette", "onnx", "scipy"}


def test_another_answer_than_the_known_one_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    key = self_test.key_of(Manifest.load(PACKAGED_MODEL))
    known = self_test.KNOWN[key]
    moved = known[0]._replace(y0=known[0].y0 + 7, y1=known[0].y1 + 7)
    monkeypatch.setitem(self_test.KNOWN, key, (moved, known[1]))
    with pytest.raises(ModelError, match=r"the crop of 16:9 is .* expected .* give or take 6 pix"):
        self_test.crop_test_photo(None)


def test_an_unknown_model_must_repeat_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "KNOWN", {})
    assert self_test.crop_test_photo(None)["checked"] == "valid, and the same each time"
    real, calls = Cropper.crop, iter(range(100))

    def drifting(self: Cropper, *args: Any, **kwargs: Any) -> Any:
        return real(self, *args, **kwargs)[:: -1 if next(calls) == 3 else 1]

    monkeypatch.setattr(Cropper, "crop", drifting)
    with pytest.raises(ModelError, match="cropped differently the second time"):
        self_test.crop_test_photo(None)
