"""Answers as OpenAPI describes them: statuses, JSON schemas, real examples."""

from __future__ import annotations

from typing import Any, Final

from marscrop.service.negotiation import MEDIA_TYPES

Responses = dict[str, dict[str, Any]]
"""By status."""

_ROCKET: Final = {
    "image": "rocket.jpg",
    "width": 640,
    "height": 427,
    "crops": [
        {"ratio": "16:9", "box": [5, 71, 635, 425], "confidence": 0.7075},
        {"ratio": "1:1", "box": [60, 2, 484, 426], "confidence": 0.6738},
    ],
    "photo": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}
"""The answer for examples/rocket.jpg; of a model that changes; a test holds it to what comes."""

_BOX: Final = {
    "type": "array",
    "items": {"type": "integer"},
    "minItems": 4,
    "maxItems": 4,
    "description": "x0, y0, x1, y1 in pixels of the upright photo; x1 and y1 exclusive",
}
_CROP_SCHEMA: Final = {
    "type": "object",
    "required": ["ratio", "box", "confidence"],
    "properties": {
        "ratio": {"type": "string", "description": "as it was asked"},
        "box": _BOX,
        "confidence": {
            "type": "number",
            "description": "probability that the crop beats the centre crop; 0 if it is that",
        },
        "candidate": {"type": "integer", "description": "from the second crop of a ratio on"},
        "centred": {"type": "boolean", "description": "where min_confidence was not reached"},
        "padding": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "left, top, right, bottom, where the crop is padded",
        },
        "canvas": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "width and height of the padded crop",
        },
    },
}
_CROPS_SCHEMA: Final = {
    "type": "object",
    "required": ["image", "width", "height", "crops", "photo"],
    "properties": {
        "image": {"type": "string", "description": "name of the file"},
        "width": {"type": "integer", "description": "of the upright photo"},
        "height": {"type": "integer"},
        "crops": {"type": "array", "items": _CROP_SCHEMA},
        "photo": {"type": "string", "description": "stands for the image in further requests"},
        "focal": {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 2,
            "maxItems": 2,
            "description": "x, y in 0..1, on which content management systems centre their crops; "
            "where it was asked for",
        },
        "object_position": {
            "type": "string",
            "description": "the same for CSS, such as 42.3% 30%",
        },
    },
}
_ERROR_SCHEMA: Final = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "reason": {"type": "string", "description": "without the photo's name"},
                "limit": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "value": {"type": "number"}},
                },
            },
        }
    },
}
_ERROR_EXAMPLE: Final = {
    "error": {
        "code": "too_many_pixels",
        "message": "beach.jpg: has 144,000,000 pixels (12000 x 12000), more than the limit of "
        "100,000,000; send a smaller one",
        "reason": "has 144,000,000 pixels (12000 x 12000), more than the limit of 100,000,000; "
        "send a smaller one",
        "limit": {"name": "max_pixels", "value": 100_000_000},
    }
}
BINARY: Final = {"type": "string", "format": "binary"}


def _answer(what: str, content: dict[str, Any]) -> Responses:
    return {"200": {"description": what, "content": content}}


def _refusal(what: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ERROR_SCHEMA, "example": _ERROR_EXAMPLE}}
    return {"description": what, "content": content}


_REFUSALS: Final = {
    "400": _refusal("A form that cannot be read"),
    "403": _refusal("Another site's page asks, and its origin is not let in"),
    "404": _refusal("A photo that is not in memory, or not any more"),
    "406": _refusal("No format of ours is accepted"),
    "408": _refusal("The request did not arrive in time"),
    "413": _refusal("Too many bytes or pixels, or more memory to be decoded than allowed"),
    "415": _refusal("Not an image of a known format, or not sent as it is"),
    "421": _refusal("A host that the service is not called by"),
    "422": _refusal("A parameter that cannot be understood or met, or pixels that are corrupt"),
    "429": _refusal("Too many requests of one client at the same time"),
    "502": _refusal("No photo came from the URL"),
    "503": _refusal("Too many requests at the same time, or no answer in time"),
    "504": _refusal("The photo did not come from the URL in time"),
}
_STATUS: Final = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["status"],
            "properties": {"status": {"type": "string"}},
        }
    }
}

CROPS: Final = {
    **_answer("The crops", {"application/json": {"schema": _CROPS_SCHEMA, "example": _ROCKET}}),
    **_REFUSALS,
}
CROP: Final = {
    **_answer(
        "The picture; its box, confidence and the photo's size are in X-Crop-Box, "
        "X-Crop-Confidence and X-Photo-Size; X-Crop-Warnings names what of the photo it does not "
        "keep, if anything",
        {media_type: {"schema": BINARY} for media_type in MEDIA_TYPES.values()},
    ),
    **_REFUSALS,
}
MAP: Final = {**_answer("The map", {"image/png": {"schema": BINARY}}), **_REFUSALS}
ALIVE: Final = _answer("It lives", _STATUS)
READY: Final = {**_answer("It would be let in", _STATUS), "503": _refusal("Busy")}
METRICS: Final = _answer("The metrics", {"text/plain": {"schema": {"type": "string"}}})
