"""An XMP packet as a tree of where things stand in its bytes, so that what is not touched stays as
it is, byte for byte.

It is read by expat, which is told to refuse a document type: nothing is expanded or fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, unescape

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML: Final = "http://www.w3.org/XML/1998/namespace"

_MOST_BYTES: Final = 8 << 20
_MOST_DEPTH: Final = 200
_MOST_ELEMENTS: Final = 100_000
_MOST_NAMESPACES: Final = 500
_TAG_NAME: Final = re.compile(rb"<([^\s/>]+)")
_ATTRIBUTE: Final = re.compile(rb"\s+([^\s=]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_PADDING: Final = re.compile(rb"\s{8,}(?=<\?xpacket end)")
_QUOTES: Final = {"&quot;": '"', "&apos;": "'"}

Name = tuple[str, str]
"""A namespace and a name in it."""


class XmpError(ValueError):
    """A packet that cannot be read."""


class Attribute(NamedTuple):
    """An attribute, and where it stands: the blank before it, its value without quotes [bytes]."""

    name: Name
    value: str
    start: int
    value_start: int
    end: int


@dataclass(slots=True, eq=False)
class Element:
    """An element, and where it stands.

    Attributes:
        name: its own.
        start, end: of all of it [bytes].
        inner, inner_end: of what is between its tags; equal in an empty one.
        attributes: without those that declare a namespace.
        children: elements in it.
        namespaces: by prefix, that hold inside of it.
        parent: that it is in.
    """

    name: Name
    start: int
    inner: int
    attributes: list[Attribute]
    namespaces: dict[str, str]
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    inner_end: int = 0
    end: int = 0

    def find(self, name: Name) -> Iterator[Element]:
        """All elements of a name in it, at any depth."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.find(name)


class Field(NamedTuple):
    """A property of a node or structure, as an attribute or an element.

    Attributes:
        name: its own.
        value: its text; empty where it is a structure.
        start, end: of all of it [bytes].
        value_start, value_end: of its text.
        element: None for an attribute.
    """

    name: Name
    value: str
    start: int
    end: int
    value_start: int
    value_end: int
    element: Element | None


class XmpPacket:
    """A packet that was read, and the changes that are to be made.

    Attributes:
        content: UTF-8, without padding.
        nodes: the rdf:Description elements, whose fields are the packet's properties.
    """

    def __init__(self, content: bytes) -> None:
        """Read a packet.

        Args:
            content: UTF-8, or UTF-16 with a mark of the order of its bytes.

        Raises:
            XmpError: it is too large, has a document type, or is damaged.
        """
        if len(content) > _MOST_BYTES:
            raise XmpError("is too large")
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            content = content.decode("utf-16", errors="replace").encode()
        content = content.strip(b"\0")
        self.content = _PADDING.sub(b"\n", content)
        self._changes: dict[tuple[int, int], bytes] = {}
        root = self._parsed()
        found = root if root.name == (RDF, "RDF") else next(root.find((RDF, "RDF")), None)
        if found is None:
            raise XmpError("has no rdf:RDF")
        self._rdf = found
        self.nodes = found.children

    def fields(self) -> Iterator[tuple[Element, Field]]:
        """The packet's properties, each with the node that it is of."""
        for node in self.nodes:
            for one in fields_of(self.content, node):
                yield node, one

    def remove(self, start: int, end: int) -> None:
        """Leave out some bytes."""
        self._changes[start, end] = b""

    def replace(self, one: Field, value: str) -> None:
        """Another text for a field."""
        text = escape(value, {"'": "&apos;", '"': "&quot;"})
        self._changes[one.value_start, one.value_end] = text.encode()

    def add(self, node: bytes) -> None:
        """One more node, behind the others."""
        end = self._rdf.inner_end
        self._changes[end, end] = self._changes.get((end, end), b"") + node

    def to_bytes(self) -> bytes:
        """The packet with all changes."""
        parts, place = [], 0
        # The widest first where several begin together: what lies in it goes with it.
        for (start, end), new in sorted(
            self._changes.items(), key=lambda item: (item[0][0], -item[0][1])
        ):
            if start < place:
                continue
            parts += [self.content[place:start], new]
            place = end
        return b"".join([*parts, self.content[place:]])

    def _parsed(self) -> Element:
        parser = expat.ParserCreate("utf-8")
        count = 0
        open_elements: list[Element] = []
        roots: list[Element] = []

        def begin(name: str, _: dict[str, str]) -> None:
            nonlocal count
            count += 1
            if len(open_elements) >= _MOST_DEPTH or count > _MOST_ELEMENTS:
                raise XmpError("has too many parts")
            parent = open_elements[-1] if open_elements else None
            element = self._element(parser.CurrentByteIndex, parent)
            (parent.children if parent else roots).append(element)
            open_elements.append(element)

        def finish(name: str) -> None:
            element = open_elements.pop()
            if self.content[element.inner - 2 : element.inner] == b"/>":
                element.inner_end = element.end = element.inner
            else:
                element.inner_end = parser.CurrentByteIndex
                element.end = self.content.index(b">", element.inner_end) + 1

        def refuse(*_: object) -> None:
            raise XmpError("has a document type")

        parser.StartElementHandler, parser.EndElementHandler = begin, finish
        parser.StartDoctypeDeclHandler = refuse
        try:
            parser.Parse(self.content, True)
        except expat.ExpatError as error:
            raise XmpError(str(error)) from error
        return roots[0]

    def _element(self, start: int, parent: Element | None) -> Element:
        tag = _TAG_NAME.match(self.content, start)
        if tag is None:
            raise XmpError("is in another encoding")
        namespaces = parent.namespaces if parent else {"xml": _XML}
        found, place = [], tag.end()
        while match := _ATTRIBUTE.match(self.content, place):
            place = match.end()
            prefix, _, local = match[1].decode().rpartition(":")
            value = unescape(match[2][1:-1].decode(), _QUOTES)
            if prefix == "xmlns" or (not prefix and local == "xmlns"):
                namespaces = namespaces | {local if prefix else "": value}
            else:
                found.append((prefix, local, value, match))
        if len(namespaces) > _MOST_NAMESPACES:
            raise XmpError("has too many namespaces")
        attributes = [
            Attribute(
                (namespaces.get(prefix, "") if prefix else "", local),
                value,
                match.start(),
                match.start(2) + 1,
                match.end(),
            )
            for prefix, local, value, match in found
        ]
        inner = self.content.index(b">", place) + 1
        prefix, _, local = tag[1].decode().rpartition(":")
        name = (namespaces.get(prefix, ""), local)
        return Element(name, start, inner, attributes, namespaces, parent)


def fields_of(content: bytes, element: Element) -> Iterator[Field]:
    """The properties of a node, or the fields of a structure, however it is written."""
    for name, value, start, value_start, end in element.attributes:
        if name[0] not in (RDF, _XML):
            yield Field(name, value, start, end, value_start, end - 1, None)
    for child in element.children:
        if child.name == (RDF, "Description"):  # a structure with a node of its own
            yield from fields_of(content, child)
            continue
        resource = [a for a in child.attributes if a.name == (RDF, "resource")]
        if resource:
            (_, value, _, value_start, end) = resource[0]
            yield Field(child.name, value, child.start, child.end, value_start, end - 1, child)
            continue
        inner = content[child.inner : child.inner_end] if not child.children else b""
        text = unescape(inner.decode(errors="replace"), _QUOTES).strip()
        yield Field(child.name, text, child.start, child.end, child.inner, child.inner_end, child)


def items(element: Element) -> list[Element]:
    """The members of a list."""
    return [
        item
        for container in element.children
        if container.name in ((RDF, "Bag"), (RDF, "Seq"), (RDF, "Alt"))
        for item in container.children
        if item.name == (RDF, "li")
    ]


def texts(content: bytes, field: Field) -> list[str]:
    """The texts of a property: its own, or those of its list's members."""
    if field.element is None or not field.element.children:
        return [field.value] if field.value else []
    return [item_text(content, item) for item in items(field.element)]


def item_text(content: bytes, item: Element) -> str:
    """The text of a list's member."""
    return unescape(content[item.inner : item.inner_end].decode(errors="replace"), _QUOTES).strip()
