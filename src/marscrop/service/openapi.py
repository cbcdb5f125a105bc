"""The OpenAPI document of the service, from the table of its operations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from marscrop import __version__
from marscrop.service.parameters import Parameter
from marscrop.service.schemas import BINARY, Responses

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked of the service.

    Attributes:
        method: of HTTP.
        path: likewise.
        endpoint: answers it; its docstring is the description.
        summary: a few words.
        responses: by status.
        parameters: in the query or in a form, beside an image; none where it takes no photo.
    """

    method: str
    path: str
    endpoint: Endpoint
    summary: str
    responses: Responses
    parameters: Sequence[Parameter] = ()


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "marscrop",
            "summary": "The best-composed crop of a photo, for every aspect ratio you ask for",
            "version": __version__,
        },
        "paths": paths,
    }


def _described(operation: Operation) -> dict[str, Any]:
    name = operation.endpoint.__name__
    described: dict[str, Any] = {
        "summary": operation.summary,
        "description": inspect.getdoc(operation.endpoint) or operation.summary,
        # Generated clients call their functions by it: it must not change.
        "operationId": re.sub(r"\W", "_", f"{name}{operation.path}_{operation.method.lower()}"),
        "responses": operation.responses,
    }
    if operation.parameters:
        described["parameters"] = [_in_query(parameter) for parameter in operation.parameters]
        described["requestBody"] = _body(operation.parameters)
    return described


def _in_query(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "required": False,  # it may be in the form
        "schema": parameter.whole_schema,
    }


def _body(parameters: Sequence[Parameter]) -> dict[str, Any]:
    """An image alone, or a form of an image and parameters."""
    form = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "image": {**BINARY, "description": "The photo."},
            **{p.name: {**p.whole_schema, "description": p.about} for p in parameters},
        },
    }
    return {
        "content": {
            "multipart/form-data": {"schema": form},
            "image/*": {"schema": BINARY},
        }
    }
