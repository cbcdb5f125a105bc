"""The table of crop options: what can be asked of crops beside their ratio, each told once.

A field of `CropOptions` is a row: its type, default, help, range, example and how it is read from
what a caller wrote. Python's keywords, the command line's flags, HTTP's parameters, OpenAPI and
the README's table all come from it. `CropKeywords` repeats the names, as type checkers read no
table; a test holds the two together.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    Self,
    TypedDict,
    get_args,
)

from marscrop.errors import OptionError
from marscrop.faces.rule import FaceRule
from marscrop.imaging.read_options import ReadKeywords
from marscrop.spelling import Mention, Spelling, Text, spelled
from marscrop.window.anchor import FREE, Anchor, AnchorLike
from marscrop.window.constraints import MIN_SCALE, Constraints
from marscrop.window.zoom import Zoom

if TYPE_CHECKING:
    from collections.abc import Iterable

    from marscrop.imaging.fill import Fill
    from marscrop.window.regions import Region, RegionLike

DEFAULT_FILL: Final = "white"
"""What a page or a sheet of paper shows beside a picture."""

MOST_CANDIDATES: Final = 20
"""More are taken for a typing error: after a few the rest are no crops that anybody wants."""

Read = Callable[["Option", str, Any], Any]
"""From a row, its name and what a caller wrote to the value; raises OptionError."""


class Option(NamedTuple):
    """A row of the table, without its name and its default.

    Attributes:
        help: one or two sentences, the same for every interface.
        example: of what may be written.
        kind: of what is written: text, a whole number, any number, or whether at all.
        expected: what it must be, for the message where it is not.
        least, most: its range, both included.
        above: in place of `least`, excluded.
        choices: all that may be written, where that is a few words.
        form: of text, such as "X0,Y0,X1,Y1".
        repeated: whether it may be given several times.
        read: how what is written becomes the value; by default it is the value.
    """

    help: Text
    example: str
    kind: type[str] | type[int] | type[float] | type[bool] = str
    expected: str = ""
    least: float | None = None
    most: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    form: str | None = None
    repeated: bool = False
    read: Read = lambda option, name, value: option.checked(name, value)

    def checked(self, name: str, value: Any) -> Any:
        """`value`, which is in the row's range.

        Raises:
            OptionError: it is not.
        """
        if self.choices:
            valid = value in self.choices
        elif self.kind is bool:
            valid = isinstance(value, bool)
        elif self.kind is int:
            valid = isinstance(value, int) and self._in_range(value)
        else:
            valid = isinstance(value, Real) and self._in_range(float(value))
        if not valid:
            raise OptionError.of(name, self.expected, value)
        return value

    def _in_range(self, value: float) -> bool:
        return (
            (self.least is None or value >= self.least)
            and (self.most is None or value <= self.most)
            and (self.above is None or value > self.above)
        )


def _read_regions(_: Option, name: str, value: Any) -> "tuple[Region, ...]":
    from marscrop.window.regions import parse_regions

    return parse_regions(value, name)


def _read_fill(_: Option, name: str, value: Any) -> "Fill":
    from marscrop.imaging.fill import Fill

    return Fill.parse(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class CropOptions:
    """What is asked of every crop, of any photo and ratio. `parse` reads what a caller wrote."""

    keep: Annotated[
        "tuple[Region, ...]",
        Option(
            help="Box that must lie inside each crop: pixels of the upright photo, or percent "
            "(10%,20%,50%,80%). Repeat for more.",
            form="X0,Y0,X1,Y1",
            example="300,140,335,415",
            repeated=True,
            read=_read_regions,
        ),
    ] = ()
    avoid: Annotated[
        "tuple[Region, ...]",
        Option(
            help="Box that no crop may overlap. Repeat for more.",
            form="X0,Y0,X1,Y1",
            example="0%,0%,100%,8%",
            repeated=True,
            read=_read_regions,
        ),
    ] = ()
    min_size: Annotated[
        float,
        Option(
            help="Smallest crop allowed, as a share of the largest one of its ratio; 1: no zoom.",
            kind=float,
            expected="must be above 0 and at most 1, a share of the largest crop",
            above=0,
            most=1,
            example="0.5",
        ),
    ] = MIN_SCALE
    zoom: Annotated[
        Zoom,
        Option(
            help=(
                "none: the largest crop, of which only the place is chosen; natural: a little "
                "smaller, as people cut; tight: the main subject with a little room around it, "
                "where the model sees subjects. But for tight, a photo that has the ratio stays "
                "whole. What ",
                *(Mention("keep"), " and ", Mention("avoid"), " ask goes before it."),
            ),
            expected=f"must be one of {', '.join(get_args(Zoom))}",
            choices=get_args(Zoom),
            example="none",
        ),
    ] = "natural"
    max_candidates: Annotated[
        int,
        Option(
            help="Crops for each ratio, at most, best first; each overlaps every better one by an "
            "IoU of 0.5 at most.",
            kind=int,
            expected=f"must be a whole number from 1 to {MOST_CANDIDATES}",
            least=1,
            most=MOST_CANDIDATES,
            example="3",
        ),
    ] = 1
    anchor: Annotated[
        Anchor,
        Option(
            help="Pin the crop, whose size is still chosen: top, bottom, left, right, centre, "
            "top-left, ..., or a point X,Y in 0..1, which is the share of the room beside the "
            "crop that lies to its left, and above it.",
            example="top",
            read=lambda _, name, value: Anchor.parse(value),
        ),
    ] = FREE
    min_confidence: Annotated[
        float,
        Option(
            help="Below it the centre crop is taken, 0..1, unless that breaks a constraint.",
            kind=float,
            expected="must be a probability, 0 to 1",
            least=0,
            most=1,
            example="0.8",
        ),
    ] = 0.0
    fallback: Annotated[
        Literal["pad"] | None,
        Option(
            help=(
                *("pad: where no crop meets ", Mention("keep"), ", ", Mention("avoid"), " and "),
                *(Mention("min_size"), ", a part of the photo on a canvas of the ratio."),
            ),
            expected="must be 'pad', or left out",
            choices=("pad",),
            example="pad",
        ),
    ] = None
    pad_fill: Annotated[
        "Fill | None",
        Option(
            help="What the canvas shows around the photo: a colour, or blur. "
            f"Default: {DEFAULT_FILL}.",
            example="blur",
            read=_read_fill,
        ),
    ] = None
    faces: Annotated[
        FaceRule,
        Option(
            help="auto: do not cut heads that the model sees; keep: look for faces with "
            "marscrop[faces] too, and keep them whole or leave them out whole; ignore. What else "
            "is asked goes before faces.",
            expected=f"must be one of {', '.join(get_args(FaceRule))}",
            choices=get_args(FaceRule),
            example="ignore",
        ),
    ] = "auto"
    keep_borders: Annotated[
        bool,
        Option(
            help=(
                "Crop as if bars and frames around a picture were part of it. By default no crop ",
                *("shows any of them, unless a box to ", Mention("keep"), " does."),
            ),
            kind=bool,
            expected="must be true or false",
            example="true",
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.pad_fill is not None and self.fallback is None:
            raise OptionError(
                (
                    *(Mention("pad_fill"), " says how to pad, which needs "),
                    Mention("fallback", "pad"),
                ),
                "pad_fill",
                self.pad_fill.label,
            )
        for name, option in OPTIONS.items():
            value = getattr(self, name)
            if option.expected and value is not None:  # others are values that checked themselves
                option.checked(name, value)

    @classmethod
    def parse(cls, base: Self | None = None, **written: Any) -> Self:
        """Understand what a caller wrote; see the table for what each option means.

        Args:
            base: what holds where nothing was written; the defaults by default.
            written: by the names of the table; None stands for nothing.

        Raises:
            OptionError: one that cannot be understood, or is out of its range.
            TypeError: a name that is not in the table.
        """
        for name in written:
            if name not in OPTIONS:
                raise TypeError(f"unknown option {name!r}; known are {', '.join(OPTIONS)}")
        given = {name: value for name, value in written.items() if value is not None}
        values = {name: OPTIONS[name].read(OPTIONS[name], name, v) for name, v in given.items()}
        return replace(cls() if base is None else base, **values)

    @property
    def constraints(self) -> Constraints:
        """Those of the options that bind where a crop may lie."""
        return Constraints(self.keep, self.avoid, self.min_size, self.anchor)

    @property
    def padding_fill(self) -> "Fill | None":
        """For photos without a crop that meets the constraints; None to refuse them."""
        if self.fallback is None:
            return None
        from marscrop.imaging.fill import Fill

        return self.pad_fill or Fill.parse(DEFAULT_FILL)


OPTIONS: Final[Mapping[str, Option]] = {
    name: hint.__metadata__[0] for name, hint in CropOptions.__annotations__.items()
}
"""The rows, by name, in order."""

DEFAULT_OPTIONS: Final = CropOptions()


def described(name: str, spelling: Spelling) -> str:
    """What an option means and what its default is, for one kind of reader."""
    words, default = spelled(OPTIONS[name].help, spelling), getattr(DEFAULT_OPTIONS, name)
    if isinstance(default, bool):
        return words
    if isinstance(default, Real):
        return f"{words} Default: {float(default):g}."
    return f"{words} Default: {default}." if isinstance(default, str) else words


class CropKeywords(TypedDict, total=False):
    """What callers in Python may write for each option."""

    keep: "RegionLike | Iterable[RegionLike]"
    avoid: "RegionLike | Iterable[RegionLike]"
    min_size: float | None
    zoom: str
    max_candidates: int
    anchor: AnchorLike
    min_confidence: float
    fallback: str | None
    pad_fill: "str | Fill | None"
    faces: str
    keep_borders: bool


class Keywords(CropKeywords, ReadKeywords, total=False):
    """What `Cropper.crop` takes by name: those, and how the photo is read."""
