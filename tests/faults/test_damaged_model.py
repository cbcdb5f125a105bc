"""A model whose files were touched: refused, by name, before any photo is."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from tests.faults.conftest import Cli
from tests.faults.runs import batch

from marscrop.cropper import Cropper
from marscrop.errors import ModelError
from marscrop.faces import centerface
from marscrop.options import CropOptions
from marscrop.runtime.manifest import Manifest

MANIFEST = "manifest.json"
PARTS = ("features.onnx", "meta.onnx", "head.onnx")


@pytest.fixture
def model(packaged_model: Path, tmp_path: Path) -> Path:
    """A copy of the packaged model, to be spoilt."""
    return Path(shutil.copytree(packaged_model, tmp_path / "model"))


def flip(path: Path, byte: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[byte] ^= 1 << bit
    path.write_bytes(content)


@pytest.mark.parametrize("name", PARTS)
def test_any_flipped_bit_of_a_part(model: Path, name: str) -> None:
    manifest, whole = Manifest.load(model), (model / name).read_bytes()
    draw = random.Random(name)  # noqa: S311 - places, not secrets
    places = [0, len(whole) - 1, *(draw.randrange(len(whole)) for _ in range(8))]
    for byte in places:
        (model / name).write_bytes(whole)
        flip(model / name, byte, draw.randrange(8))
        with pytest.raises(ModelError, match=rf"{name}: its SHA-256 .* install marscrop"):
            manifest.read_part(model, name.removesuffix(".onnx"))


def test_any_flipped_bit_of_the_manifest(model: Path) -> None:
    """Either it is refused, or it says the same, as where a blank became another."""
    path = model / MANIFEST
    whole, said = path.read_bytes(), Manifest.load(model)
    draw = random.Random(3)  # noqa: S311
    messages = []
    for _ in range(200):
        path.write_bytes(whole)
        flip(path, draw.randrange(len(whole)), draw.randrange(8))
        try:
            assert Manifest.load(model) == said
        except ModelError as error:
            messages.append(str(error))
    assert len(messages) > 180
    assert all(message.startswith(str(model)) for message in messages)


@pytest.mark.parametrize("name", [MANIFEST, *PARTS])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999])
def test_truncated(model: Path, name: str, share: float) -> None:
    whole = (model / name).read_bytes()
    (model / name).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ModelError, match=name):
        Cropper(model)


@pytest.mark.parametrize("name", [MANIFEST, *PARTS])
@pytest.mark.parametrize("kind", ["missing", "folder", "link to nowhere"])
def test_missing(model: Path, name: str, kind: str) -> None:
    (model / name).unlink()
    if kind == "folder":
        (model / name).mkdir()
    elif kind == "link to nowhere":
        (model / name).symlink_to(model / "gone")
    with pytest.raises(ModelError, match=name):
        Cropper(model)


def test_parts_of_two_models(model: Path) -> None:
    """As a copy that was interrupted leaves them."""
    (model / "meta.onnx").write_bytes((model / "head.onnx").read_bytes())
    with pytest.raises(ModelError, match=r"meta\.onnx: \d+ bytes, expected \d+"):
        Cropper(model)


@pytest.mark.parametrize("command", ["crop", "batch", "serve"])
def test_commands_end_with_one_line(
    cli: Cli,
    examples: Path,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    # In this process batches share a model, which is whole.
    monkeypatch.setattr("marscrop.batch.worker.Cropper", Cropper)
    flip(model / "head.onnx", 100, 0)
    arguments = {
        "crop": (examples / "cat.jpg", "-r", "1:1", "-o", tmp_path / "out"),
        "batch": (examples, "-r", "1:1", "-o", tmp_path / "out"),
        "serve": ("--port", "0"),
    }[command]
    result = cli(command, *arguments, "--model", model)
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith(f"marscrop: {model}/head.onnx: its SHA-256 is")
    assert "Traceback" not in result.err
    if command == "batch":
        assert not (tmp_path / "out" / "manifest.jsonl").exists()


needs_faces = pytest.mark.skipif(
    not centerface.installed(), reason="the face detector is not installed"
)


@pytest.fixture
def damaged_detector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "centerface.onnx"
    shutil.copy(centerface._network_file(), path)
    flip(path, 1000, 3)
    monkeypatch.setattr(centerface, "_network_file", lambda: path)
    return path


@needs_faces
def test_batch_with_a_damaged_detector_fails_once_not_every_photo(
    photos: Path, tmp_path: Path, damaged_detector: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Cropper(threads=1)
    monkeypatch.setattr("marscrop.batch.worker.Cropper", lambda *_, **__: fresh)
    with pytest.raises(ModelError, match=rf"{damaged_detector}: expected the face detector"):
        batch(photos, tmp_path / "out", options=CropOptions(faces="keep"))
    assert not (tmp_path / "out" / "manifest.jsonl").exists()


@needs_faces
def test_crop_with_a_damaged_detector_says_so_once(
    cli: Cli, examples: Path, tmp_path: Path, damaged_detector: Path
) -> None:
    images = (examples / "cat.jpg", examples / "coffee.jpg")
    result = cli("crop", *images, "-r", "1:1", "--faces", "keep", "-o", tmp_path / "out")
    assert result.code == 1
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith(f"marscrop: {damaged_detector}: expected the face detector")
    assert cli("crop", *images, "-r", "1:1", "--json").code == 0


@needs_faces
def test_service_with_a_damaged_detector_does_not_start(damaged_detector: Path) -> None:
    app = pytest.importorskip("marscrop.service.app")
    with pytest.raises(ModelError, match=rf"{damaged_detector}: expected the face detector"):
        app.create_app(cropper=Cropper(threads=1))


def test_a_model_in_use_is_in_memory(model: Path, examples: Path) -> None:
    """What happens to its files later changes no answer."""
    cropper = Cropper(model, threads=1)
    before = cropper.crop(examples / "cat.jpg", "1:1", faces="ignore")
    for name in (MANIFEST, *PARTS):
        (model / name).write_bytes(b"")
    assert cropper.crop(examples / "cat.jpg", ["1:1"], faces="ignore") == before
    assert cropper.crop(examples / "cat.jpg", "3:1", faces="ignore")  # a ratio that is new to it
