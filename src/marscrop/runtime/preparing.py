"""Preparing the packaged model, once, for all starts: for the package's build."""

from __future__ import annotations

from pathlib import Path

from marscrop.runtime.manifest import PACKAGED_MODEL, Manifest, manifest_bytes
from marscrop.runtime.prepared import FILE, prepared_bytes
from marscrop.runtime.translation.model import translated_model


def prepare_packaged_model() -> Path:
    """The file of the packaged model, as the parts in C take it; written anew.

    Raises:
        ModelError: the model is missing or changed.
        RuntimeError: it has something that is not for the parts in C.
    """
    manifest = Manifest.load(PACKAGED_MODEL)
    model = translated_model(
        {name: manifest.read_part(PACKAGED_MODEL, name) for name in manifest.parts}
    )
    if model is None:
        raise RuntimeError("the packaged model has something that is not for the parts in C")
    FILE.write_bytes(prepared_bytes(model, manifest_bytes(PACKAGED_MODEL)))
    return FILE
