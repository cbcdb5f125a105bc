"""A model that is loaded meanwhile is the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from marscrop.cropper import Cropper
from marscrop.errors import ModelError
from marscrop.runtime.loading import LoadingModel

CAT = Path(__file__).parents[3] / "examples" / "cat.jpg"


def test_crops_are_those_of_a_model_that_was_waited_for(packaged_model: Path) -> None:
    loading = LoadingModel(packaged_model, 1)
    waited_for = Cropper(packaged_model, threads=1)
    assert Cropper(loading, threads=1).crop(CAT, "16:9") == waited_for.crop(CAT, "16:9")


def test_what_is_wrong_with_it_is_told_where_it_is_wanted(tmp_path: Path) -> None:
    loading = LoadingModel(tmp_path, 1)
    with pytest.raises(ModelError, match="no model here"):
        Cropper(loading)
    with pytest.raises(ModelError, match="no model here"):
        loading.wait()
