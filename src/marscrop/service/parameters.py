"""Parameters of the endpoints: one table, from which parsing and OpenAPI both read.

Those of crops come from the table of options.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from marscrop.imaging.read_options import RAW_SOURCES
from marscrop.imaging.write_options import METADATA_POLICIES
from marscrop.options import OPTIONS, described
from marscrop.service.refusals import bad_request
from marscrop.spelling import in_http

Texts = Mapping[str, Sequence[str]]
"""What was sent: for each name its values, from the query and from a form."""

_MOST_CHARACTERS: Final = 4096
"""Of a value; signed URLs are the longest. Messages repeat what they refuse."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name in a query or a form.

    Attributes:
        name: as it is written.
        about: one sentence for the API's pages.
        schema: of JSON schema, without the array around a repeated one.
        examples: of real values, as they are written.
        convert: from text; raises ValueError for text that it cannot understand.
        repeated: whether it may come several times; its value is then a list.
        required: whether it must come.
    """

    name: str
    about: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    examples: Sequence[str] = ()
    convert: Callable[[str], Any] = str
    repeated: bool = False
    required: bool = False

    def read(self, texts: Sequence[str]) -> Any:
        """The value of what was written, once or several times."""
        if len(texts) > 1 and not self.repeated:
            raise bad_request(f"{self.name} may be given once; got it {len(texts)} times")
        longest = max(map(len, texts))
        if longest > _MOST_CHARACTERS:
            raise bad_request(
                f"{self.name} may have {_MOST_CHARACTERS:,} characters; got {longest:,}"
            )
        try:
            values = [self.convert(text) for text in texts]
        except ValueError:
            kind = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}
            reason = f"must be {kind[self.schema['type']]}"
            raise bad_request(f"{self.name}: {reason}; got {texts[0]!r}") from None
        return values if self.repeated else values[0]

    @property
    def whole_schema(self) -> dict[str, Any]:
        """The schema, with the array around a repeated one."""
        examples = list(map(self.convert, self.examples))
        if self.repeated:
            return {"type": "array", "items": dict(self.schema), "examples": [examples]}
        return {**self.schema, "examples": examples}


_COUNT: Final = {"type": "integer", "minimum": 1}
_RATIO: Final = {"type": "string", "format": "aspect-ratio"}
_BOX: Final = {"type": "string", "format": "box"}
_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
}
_BOOLEANS: Final = {"true": True, "false": False}
_FORMATS: Final = {"X0,Y0,X1,Y1": "box"}


def _of_option(name: str) -> Parameter:
    """The parameter for a row of the table of options."""
    option = OPTIONS[name]
    schema = {
        "type": _TYPES[option.kind],
        "format": _FORMATS.get(option.form or ""),
        "enum": list(option.choices) or None,
        "minimum": option.least,
        "exclusiveMinimum": option.above,
        "maximum": option.most,
    }
    return Parameter(
        name,
        described(name, in_http),
        {word: value for word, value in schema.items() if value is not None},
        (option.example,),
        _boolean if option.kind is bool else option.kind,
        option.repeated,
    )


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError
    return _BOOLEANS[text]


RATIO: Final = Parameter(
    "ratio",
    "Aspect ratio, width:height, such as 16:9, 4x5, 1.5 or square. Repeat for more.",
    _RATIO,
    examples=("16:9", "1:1"),
    repeated=True,
    required=True,
)
PHOTO: Final = Parameter(
    "photo",
    "In place of an image: `photo` of an earlier answer, whose features may still be in memory.",
)
URL: Final = Parameter(
    "url", "In place of an image: where to fetch it, if the service was started with --allow-url."
)
FOCAL: Final = Parameter(
    "focal",
    "true: the answer has the photo's focal point too.",
    {"type": "boolean"},
    ("true",),
    _boolean,
)
FRAME: Final = Parameter(
    "frame",
    "Take this frame of an animation, or page of a TIFF, as a still; 0 is the first.",
    {"type": "integer", "minimum": 0},
    ("0",),
    int,
)
LENIENT: Final = Parameter(
    "lenient",
    "true: read a JPEG or PNG that ends early, with grey for what is missing.",
    {"type": "boolean"},
    ("true",),
    _boolean,
)
RAW: Final = Parameter(
    "raw",
    "Of camera raw: develop it, where the service has the extra `raw`, or take the full-size JPEG "
    "in it.",
    {"type": "string", "enum": list(RAW_SOURCES)},
    ("preview",),
)
READ_PARAMETERS: Final = (FRAME, LENIENT, RAW)
CROP_OPTIONS: Final = tuple(map(_of_option, OPTIONS))
OUTPUT_OPTIONS: Final = (
    Parameter("width", "Width of the picture that comes out.", _COUNT, ("800",), convert=int),
    Parameter(
        "height",
        "Its height. With a width, the ratio; a box with both has it already.",
        _COUNT,
        ("450",),
        convert=int,
    ),
    Parameter(
        "enlarge",
        "How many times the crop's own pixels the picture may have along a side; 2 by default.",
        {"type": "number", "minimum": 1},
        ("3",),
        float,
    ),
    Parameter(
        "quality",
        "1 to 100, of JPEG, WebP and AVIF. By default a JPEG of a JPEG keeps its own.",
        {"type": "integer", "minimum": 1, "maximum": 100},
        ("80",),
        int,
    ),
    Parameter(
        "format",
        "In place of `auto`: of what the Accept header likes best, the smallest file.",
        {"type": "string", "enum": ["auto", "avif", "webp", "jpg", "png"]},
        ("webp",),
    ),
    Parameter(
        "metadata",
        "What is kept of the photo's: none; rights, whose it is and how it may be used, the "
        "default; all that is still true of the crop, the place included. keep is all.",
        {"type": "string", "enum": [*METADATA_POLICIES, "keep"]},
        ("all",),
    ),
    Parameter(
        "box",
        "In place of a ratio: cut this box, X0,Y0,X1,Y1 in pixels of the upright photo or percent.",
        _BOX,
        ("5,70,635,424",),
    ),
)


def read_all(texts: Texts, known: Sequence[Parameter]) -> dict[str, Any]:
    """The values of what was sent, by name; what was not sent is not there.

    Raises:
        Refusal: 422, an unknown name, a missing one, or a value of another kind.
    """
    parameters = {parameter.name: parameter for parameter in known}
    for name in texts:
        if name not in parameters:
            raise bad_request(f"unknown parameter {name!r}; known here are {', '.join(parameters)}")
    for parameter in known:
        if parameter.required and not texts.get(parameter.name):
            example = f"{parameter.name}={parameter.examples[0]}"
            raise bad_request(f"{parameter.name} is missing; give it, such as {example}")
    return {name: parameters[name].read(values) for name, values in texts.items() if values}
