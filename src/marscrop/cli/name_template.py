"""Names of crops by a template, such as `{ratio}/{stem}{ext}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple

from marscrop.cli.process import refuse
from marscrop.ratio import AspectRatio, did_you_mean

DEFAULT: Final = "{stem}_{ratio}{ext}"

_FIELD: Final = re.compile(r"\{(\w*)(?::0?(\d{1,2}))?\}")
_FIELDS: Final[Mapping[str, str]] = {
    "stem": r"(?P<stem>[^/]+)",
    "ratio": r"(?P<ratio>%s)",
    "ext": r"\.[A-Za-z0-9]+",
    **dict.fromkeys(("width", "height", "candidate", "index"), r"\d+"),
}
"""The fields, each with a pattern for what it becomes."""

_DISTINCT: Final = ("ratio", "width", "height", "candidate")
_PAIR: Final = r"[\d.]+x[\d.]+(?:px)?(?:@\dx)?"


class NameTemplate(NamedTuple):
    """A template that was understood.

    Attributes:
        text: with {ext} at its end.
        fields: that occur in it.
        suffix: of the files, where the template says it; else None.
    """

    text: str
    fields: frozenset[str]
    suffix: str | None = None

    @classmethod
    def parse(cls, text: str) -> NameTemplate:
        """A template as it was written; exit code 2 where it cannot be understood."""
        from marscrop.cli.destination import known_suffix

        fields = [found[1] for found in _FIELD.finditer(text)]
        for name in fields:
            if name not in _FIELDS:
                refuse(
                    f"--name: unknown field {{{name}}}, expected some of "
                    f"{', '.join(f'{{{one}}}' for one in _FIELDS)}{did_you_mean(name, _FIELDS)}"
                )
        plain = _FIELD.sub("", text)
        if "{" in plain or "}" in plain:
            refuse(f"--name {text}: a brace that belongs to no field such as {{stem}}")
        path = PurePath(text)
        if not path.name or path.is_absolute() or ".." in path.parts or text.endswith("/"):
            refuse(f"--name {text}: expected a file's name below the folder that -o names")
        suffix = None
        if "ext" not in fields:
            suffix = known_suffix(path)
            text = text.removesuffix(path.suffix) if suffix else text
            text += "{ext}"
        elif not text.endswith("{ext}"):
            refuse(f"--name {text}: {{ext}} must come last")
        return cls(text, frozenset(fields), suffix)

    def check_distinct(self, crops_each: int, photos: int) -> None:
        """Exit code 2 where several crops would have one name."""
        if crops_each > 1 and not self.fields & {*_DISTINCT}:
            refuse(
                f"--name {self.text} gives all {crops_each} crops of a photo one name; put "
                f"{{ratio}} in it"
            )
        if photos > 1 and not self.fields & {"stem", "index"}:
            refuse(f"--name {self.text} gives all photos one name; put {{stem}} in it")

    def name(self, **values: str | int) -> str:
        """The name for values of all fields. Further candidates are told from the best one."""

        def filled(field: re.Match[str]) -> str:
            return str(values[field[1]]).rjust(int(field[2] or 0), "0")

        candidate = values["candidate"]
        further = candidate != 1 and "candidate" not in self.fields
        text = self.text.removesuffix("{ext}") + (f"_{candidate}" if further else "") + "{ext}"
        return _FIELD.sub(filled, text)

    @property
    def depth(self) -> int:
        """How many folders the names begin with."""
        return len(PurePath(self.text).parts) - 1

    def stem_of(self, name: str, ratios: Iterable[AspectRatio]) -> str | None:
        """The stem of the photo whose crop has this name; None where it is no such name.

        Args:
            name: relative to the folder of the crops, with "/".
            ratios: whose names crops may have, beside pairs of numbers such as 16x9.
        """
        if not {"stem", "ratio"} <= self.fields:
            return None
        slugs = "|".join([_PAIR, *(re.escape(ratio.slug) for ratio in ratios)])
        pattern, end = "", 0
        seen: set[str] = set()
        for field in _FIELD.finditer(self.text):
            one = field[1]
            pattern += re.escape(self.text[end : field.start()])
            if one == "ext" and "candidate" not in self.fields:
                pattern += r"(?:_\d+)?"
            pattern += f"(?P={one})" if one in seen else _FIELDS[one].replace("%s", slugs)
            seen |= {one} & {"stem", "ratio"}
            end = field.end()
        found = re.fullmatch(pattern, name)
        return found["stem"] if found else None
