"""All parts of a model, translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marscrop.runtime.compiled_model import CompiledModel
from marscrop.runtime.translation.network import NotTranslatedError, Translator
from marscrop.runtime.translation.onnx_graph import read_graph
from marscrop.runtime.translation.parts import head, ratio_table
from marscrop.runtime.translation.program import ProgramWriter
from marscrop.subjects.subject_map import SubjectOutputs

_FEATURES: Final = "features"


def translated_model(contents: Mapping[str, bytes]) -> CompiledModel | None:
    """A model for the parts in C; None where it has something that is not for them.

    Args:
        contents: of its parts' ONNX files, by their names.
    """
    try:
        graphs = {name: read_graph(content) for name, content in contents.items()}
        writer = ProgramWriter()
        translator = Translator(writer, "pixels")
        translator.add(graphs[_FEATURES], [_FEATURES])
        if "subjects" in graphs:
            translator.add(graphs["subjects"], SubjectOutputs._fields)
        model = CompiledModel(writer.program(), ratio_table(graphs["meta"]), head(graphs["head"]))
        return model if _fit_together(model) else None
    except (NotTranslatedError, ValueError):
        return None


def _fit_together(model: CompiledModel) -> bool:
    """Whether what one part gives has as many channels as the next one takes."""
    program, table, after = model
    (_, channels, _), *_ = program.outputs
    kept = len(after.biases) // after.pixels
    return (
        after.weights.shape[1] == channels
        and table.middle.size == channels**2
        and table.predictors.shape[1] == kept
    )
