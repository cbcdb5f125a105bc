"""From a subject network to a model folder that the product runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper

from marscrop import AspectRatio, Cropper
from marscrop.errors import ModelError
from marscrop.geometry import Size
from marscrop.imaging.photo import open_photo
from marscrop.runtime.manifest import Manifest
from marscrop.runtime.model import MarsModel
from marscrop.runtime.onnx_network import OnnxNetwork, load_network
from marscrop.window.confidence import Calibration
from marscrop_research.subjects.network import INPUTS, OUTPUTS, SubjectNetwork
from marscrop_research.subjects.packaging import package_subjects, to_onnx, with_maps
from marscrop_research.subjects.sureness import Sureness

Pixels = NDArray[np.uint8]
SCORES, TRAINING = {"gaze": 0.5}, {"data": "none"}
HEADS, SUBJECTS = Sureness(1.5, -0.5), Sureness(0.5, 0.25)


def calibrate(model: Path) -> tuple[Sureness, Sureness]:
    """`HEADS` and `SUBJECTS`, of a model folder that is whole."""
    assert Cropper(model).manifest.parts.keys() >= {"subjects"}
    return HEADS, SUBJECTS


def judge(model: Path) -> dict[str, Any]:
    """`SCORES`, of a model folder that is whole."""
    assert Cropper(model).manifest.parts.keys() >= {"subjects"}
    return SCORES


class Seen:
    """What the shipped network sees in a photo, `INPUTS`, with so many cells."""

    def __init__(self, shipped: onnx.ModelProto, photo: Path) -> None:
        self._session = loaded(with_maps(shipped))
        self._photo = photo

    def __call__(self, rows: int, columns: int) -> dict[str, NDArray[np.float32]]:
        rgb = open_photo(self._photo).analysis_rgb(Size(16 * columns, 16 * rows))
        return dict(zip(INPUTS, self._session.run(INPUTS, {"pixels": rgb[None]}), strict=True))


@pytest.fixture(scope="module")
def seen(shipped: onnx.ModelProto, examples: Path) -> Seen:
    return Seen(shipped, examples / "cat.jpg")


@pytest.fixture(scope="module")
def network(seen: Seen) -> SubjectNetwork:
    """Untrained, in evaluation mode, batch norms settled; its maps are far from flat."""
    torch.manual_seed(0)
    network = SubjectNetwork((96, 32, 24))
    with torch.no_grad():
        for norm in network.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.momentum = 1.0
        network(*tensors(seen(9, 12)))
        for answers in (network.coarse, network.fine[-1]):
            assert isinstance(answers, torch.nn.Conv2d)
            answers.weight *= 5
    return network.eval()


def tensors(maps: dict[str, NDArray[np.float32]]) -> tuple[torch.Tensor, ...]:
    return tuple(map(torch.from_numpy, maps.values()))


def loaded(model: onnx.ModelProto) -> OnnxNetwork:
    return load_network(model.SerializeToString(), Path("test"), 1)


@pytest.fixture(scope="module")
def rgb(examples: Path) -> Pixels:
    return open_photo(examples / "cat.jpg").analysis_rgb(Size(192, 144))


@pytest.fixture(scope="module")
def shipped(packaged_model: Path) -> onnx.ModelProto:
    return onnx.load(packaged_model / "features.onnx")


@pytest.fixture(scope="module")
def folder(
    packaged_model: Path, network: SubjectNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("subjects") / "model"
    manifest = package_subjects(packaged_model, network, folder, calibrate, judge, None, TRAINING)
    assert Manifest.load(folder).to_json() == manifest.to_json()
    return folder


@pytest.mark.parametrize("size", [(144, 192), (192, 128), (16, 192)])
def test_maps_come_beside_the_same_features(
    shipped: onnx.ModelProto, size: tuple[int, int]
) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (1, *size, 3), dtype=np.uint8)
    (expected,) = loaded(shipped).run(("features",), {"pixels": rgb})
    features, details, edges = loaded(with_maps(shipped)).run(INPUTS, {"pixels": rgb})
    np.testing.assert_array_equal(features, expected)
    assert details.shape == (1, 32, size[0] // 8, size[1] // 8)
    assert edges.shape == (1, 24, size[0] // 4, size[1] // 4)
    assert details.dtype == edges.dtype == np.float32


def test_maps_are_whole_steps_of_the_networks_bytes(shipped: onnx.ModelProto, rgb: Pixels) -> None:
    steps = {t.name: onnx.numpy_helper.to_array(t) for t in shipped.graph.initializer}
    _, details, edges = loaded(with_maps(shipped)).run(INPUTS, {"pixels": rgb[None]})
    for values, number in ((details, 6), (edges, 3)):
        bytes_ = values / steps[f"features.{number}.add.step"]
        np.testing.assert_allclose(bytes_, np.rint(bytes_), atol=1e-3)
        assert values.std() > 0


def test_features_that_have_the_maps_stay_as_they_are(shipped: onnx.ModelProto) -> None:
    once = with_maps(shipped)
    assert with_maps(once) == once


def test_features_of_another_network_are_refused() -> None:
    x, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("x", "features"))
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["features"])], "float", [x], [y])
    with pytest.raises(ModelError, match=r"no tensor features\.6\.add\.real; .* distilled model"):
        with_maps(helper.make_model(graph))


@pytest.mark.parametrize(("rows", "columns"), [(9, 12), (12, 8), (1, 12)])
def test_exported_network_answers_as_torch_does(
    network: SubjectNetwork, seen: Seen, rows: int, columns: int
) -> None:
    maps = seen(rows, columns)
    with torch.inference_mode():
        wanted = network(*tensors(maps))
    gaze, heads, subjects = loaded(to_onnx(network)).run(OUTPUTS, maps)
    np.testing.assert_allclose(gaze, wanted.gaze.exp().numpy(), rtol=1e-3, atol=1e-7)
    assert gaze.sum() == pytest.approx(1, abs=1e-4)
    for found, expected in ((heads, wanted.heads), (subjects, wanted.subjects)):
        np.testing.assert_allclose(found[:, 0], expected[:, 0].sigmoid().numpy(), atol=1e-4)
        np.testing.assert_allclose(found[:, 1:], expected[:, 1:].numpy(), rtol=1e-3, atol=1e-3)


def test_scores_are_as_sure_as_they_are_told_to_be(network: SubjectNetwork, seen: Seen) -> None:
    maps = seen(9, 12)
    with torch.inference_mode():
        wanted = network(*tensors(maps))
    gaze, heads, subjects = loaded(to_onnx(network, HEADS, SUBJECTS)).run(OUTPUTS, maps)
    for found, told, (slope, bias) in (
        (heads, wanted.heads, HEADS),
        (subjects, wanted.subjects, SUBJECTS),
    ):
        expected = (slope * told[:, 0] + bias).sigmoid().numpy()
        assert expected.std() > 0.01
        np.testing.assert_allclose(found[:, 0], expected, atol=1e-4)
    plain = loaded(to_onnx(network)).run(OUTPUTS, maps)
    np.testing.assert_allclose(gaze, plain[0], rtol=1e-4)
    for found, before in ((heads, plain[1]), (subjects, plain[2])):
        np.testing.assert_allclose(found[:, 1:], before[:, 1:], rtol=1e-4, atol=1e-4)


def test_one_cell_may_have_all_gaze(network: SubjectNetwork, seen: Seen) -> None:
    """Whose logarithm is of numbers that no exponential could be taken of."""
    model = to_onnx(network)
    (tensor,) = (t for t in model.graph.initializer if t.name.endswith("coarse.weight"))
    values = onnx.numpy_helper.to_array(tensor) * 1e4
    tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    (gaze,) = loaded(model).run(("gaze",), seen(9, 12))
    assert gaze.sum() == pytest.approx(1)
    assert gaze.max() > 0.9


def test_model_crops_as_before_and_has_a_subject_map(
    folder: Path, packaged_model: Path, examples: Path
) -> None:
    before, after = Cropper(packaged_model, threads=1), Cropper(folder, threads=1)
    photo = after.open(examples / "cat.jpg")
    np.testing.assert_array_equal(after.features(photo), before.features(photo))
    ratios = [AspectRatio(1, 1)]
    np.testing.assert_array_equal(
        after.maps(after.features(photo), ratios), before.maps(before.features(photo), ratios)
    )
    found = after.subject_map(photo)
    assert found.gaze.sum() == pytest.approx(1, abs=1e-4)


def test_product_gets_the_networks_answers(
    folder: Path, rgb: Pixels, seen: Seen, network: SubjectNetwork
) -> None:
    features, outputs = MarsModel(folder, 1).features_and_subjects(rgb)
    assert outputs is not None
    maps = seen(9, 12)
    np.testing.assert_array_equal(features, maps["features"])
    with torch.inference_mode():
        wanted = network(*tensors(maps))
    # Weights are rounded to 16 bits.
    np.testing.assert_allclose(outputs.gaze, wanted.gaze.exp().numpy(), rtol=0.1, atol=1e-3)
    for found, told, (slope, bias) in (
        (outputs.heads, wanted.heads, HEADS),
        (outputs.subjects, wanted.subjects, SUBJECTS),
    ):
        expected = (slope * told[:, 0] + bias).sigmoid().numpy()
        np.testing.assert_allclose(found[:, 0], expected, atol=0.02)


def test_manifest_has_the_old_model_and_the_new_part(folder: Path, packaged_model: Path) -> None:
    old, new = Manifest.load(packaged_model), Manifest.load(folder)
    assert list(new.parts) == ["features", "meta", "head", "subjects"]
    assert (new.parts["meta"], new.parts["head"]) == (old.parts["meta"], old.parts["head"])
    assert new.scores == {**old.scores, "subjects": SCORES}
    told = {**TRAINING, "sureness": {"heads": list(HEADS), "subjects": list(SUBJECTS)}}
    assert new.training == {**old.training, "subjects": told}
    assert (new.name, new.input, new.prior) == (old.name, old.input, old.prior)
    assert new.calibration == old.calibration


def test_large_weights_are_stored_in_16_bits(folder: Path) -> None:
    for tensor in onnx.load(folder / "subjects.onnx").graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        assert tensor.data_type != TensorProto.FLOAT or values.size < 256, tensor.name


def test_subjects_of_a_model_can_be_replaced(
    folder: Path, network: SubjectNetwork, tmp_path: Path
) -> None:
    again = package_subjects(
        folder,
        network,
        tmp_path / "model",
        calibrate,
        lambda model: {"gaze": 0.7},
        None,
        TRAINING,
    )
    assert again.parts == Manifest.load(folder).parts
    assert again.scores["subjects"] == {"gaze": 0.7}


def test_sureness_is_told_from_the_networks_own_scores_and_judged_as_it_ships(
    packaged_model: Path, network: SubjectNetwork, tmp_path: Path, rgb: Pixels
) -> None:
    surest: list[float] = []

    def look(model: Path) -> None:
        _, outputs = MarsModel(model, 1).features_and_subjects(rgb)
        assert outputs is not None
        surest.append(float(outputs.heads[:, 0].max()))

    def calibrated(model: Path) -> tuple[Sureness, Sureness]:
        look(model)
        return HEADS, SUBJECTS

    def judged(model: Path) -> dict[str, Any]:
        look(model)
        return SCORES

    folder = tmp_path / "model"
    package_subjects(packaged_model, network, folder, calibrated, judged, None, TRAINING)
    look(folder)
    own, judged_at, shipped = surest
    odds = np.log(own / (1 - own))
    assert (
        judged_at
        == shipped
        == pytest.approx(1 / (1 + np.exp(-(HEADS.slope * odds + HEADS.bias))), abs=1e-3)
    )


def test_confidence_is_refitted_to_the_whole_model(
    packaged_model: Path, network: SubjectNetwork, tmp_path: Path
) -> None:
    fitted = Calibration(-0.5, 1.0, gaze=2.0)

    def refit(model: Path) -> tuple[Calibration, dict[str, Any]]:
        found = Manifest.load(model)
        assert found.training["subjects"]["sureness"]["heads"] == list(HEADS)
        assert Cropper(model).manifest.parts.keys() >= {"subjects"}
        return fitted, {"confidence": {"photos": 3}, "further": 1}

    folder = tmp_path / "model"
    package_subjects(packaged_model, network, folder, calibrate, judge, refit, TRAINING)
    old, new = Manifest.load(packaged_model), Manifest.load(folder)
    assert new.calibration == fitted
    assert new.scores == {
        **old.scores,
        "subjects": SCORES,
        "confidence": {"photos": 3},
        "further": 1,
    }


def test_damaged_model_is_refused_and_nothing_is_written(
    folder: Path, network: SubjectNetwork, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for path in folder.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    (source / "head.onnx").write_bytes(b"")
    with pytest.raises(ModelError, match=r"head\.onnx: 0 bytes"):
        package_subjects(source, network, tmp_path / "model", calibrate, judge, None, TRAINING)
    assert not (tmp_path / "model").exists()
