"""XMP that says whose a photo is and how it may be used, and nothing else."""

from __future__ import annotations

import re
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from marscrop.imaging.metadata.xmp_packet import (
    RDF,
    Field,
    Name,
    XmpPacket,
    fields_of,
    texts,
)

DC: Final = "http://purl.org/dc/elements/1.1/"
PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
TIFF: Final = "http://ns.adobe.com/tiff/1.0/"
_RIGHTS: Final = "http://ns.adobe.com/xap/1.0/rights/"
_PLUS: Final = "http://ns.useplus.org/ldf/xmp/1.0/"
_CREATIVE_COMMONS: Final = ("http://creativecommons.org/ns#", "http://web.resource.org/cc/")
_IPTC_CORE: Final = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"

_ALL_OF: Final = frozenset({_RIGHTS, _PLUS, *_CREATIVE_COMMONS})
_SOME: Final[frozenset[Name]] = frozenset(
    {
        (DC, "rights"),
        (DC, "creator"),
        (PHOTOSHOP, "Credit"),
        (PHOTOSHOP, "Source"),
        (PHOTOSHOP, "AuthorsPosition"),
        (_IPTC_CORE, "CreatorContactInfo"),
        (TIFF, "Artist"),
        (TIFF, "Copyright"),
    }
)

_STATED: Final = {
    "rights": (DC, "rights", '<dc:rights xmlns:dc="{ns}"><rdf:Alt><rdf:li xml:lang="x-default">'
               "{text}</rdf:li></rdf:Alt></dc:rights>"),
    "creator": (DC, "creator", '<dc:creator xmlns:dc="{ns}"><rdf:Seq><rdf:li>{text}</rdf:li>'
                "</rdf:Seq></dc:creator>"),
    "credit": (PHOTOSHOP, "Credit", '<photoshop:Credit xmlns:photoshop="{ns}">{text}'
               "</photoshop:Credit>"),
    "source": (PHOTOSHOP, "Source", '<photoshop:Source xmlns:photoshop="{ns}">{text}'
               "</photoshop:Source>"),
    "web": (_RIGHTS, "WebStatement", '<xmpRights:WebStatement xmlns:xmpRights="{ns}">{text}'
            "</xmpRights:WebStatement>"),
}  # fmt: skip
"""What other blocks may state too, by the names of `iptc.RIGHTS`."""

_HEAD: Final = (
    b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?>\n"
    b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>\n"
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n"
)
_TAIL: Final = b"</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end='w'?>"
_PREFIX: Final = re.compile(rb"([A-Za-z_][\w.\-]*):")


def is_right(name: Name) -> bool:
    """Whether a property says whose a photo is, or how it may be used."""
    return name[0] in _ALL_OF or name in _SOME


def rights_of(packet: XmpPacket) -> bytes:
    """The nodes of a packet with only these properties, each as it stands; empty if there are
    none."""
    nodes = []
    for node in packet.nodes:
        inside: list[bytes] = []
        on_it: list[bytes] = []
        used = b""
        for field in fields_of(packet.content, node):
            if not is_right(field.name):
                continue
            part = packet.content[field.start : field.end]
            used += part
            (inside if field.element else on_it).append(part)
        if used:
            nodes.append(_node(on_it, inside, used, node.namespaces))
    return b"".join(nodes)


def packet_of(nodes: bytes) -> bytes:
    """A packet of nodes."""
    return _HEAD + nodes + _TAIL


def stated(packet: XmpPacket | None) -> set[str]:
    """Which of the things that other blocks may state a packet states, by the names of
    `iptc.RIGHTS`."""
    if packet is None:
        return set()
    said = {field.name: field for _, field in packet.fields()}
    return {
        what
        for what, (space, local, _) in _STATED.items()
        if (space, local) in said and _says(packet, said[space, local])
    }


def node_stating(statements: dict[str, list[str]]) -> bytes:
    """A node that states what other blocks state; empty if that is nothing.

    Args:
        statements: by the names of `iptc.RIGHTS`; of several only creators are all named.
    """
    parts = []
    for what, (space, _, form) in _STATED.items():
        said = [escape(text) for text in dict.fromkeys(statements.get(what, ())) if text]
        if said:
            text = "</rdf:li><rdf:li>".join(said) if what == "creator" else said[0]
            parts.append(form.format(ns=space, text=text))
    return _node([], [part.encode() for part in parts], b"", {}) if parts else b""


def _says(packet: XmpPacket, field: Field) -> bool:
    return any(texts(packet.content, field))


def _node(on_it: list[bytes], inside: list[bytes], used: bytes, spaces: dict[str, str]) -> bytes:
    prefixes = {match.decode() for match in _PREFIX.findall(used)} & spaces.keys()
    declared = "".join(
        f" xmlns:{prefix}={quoteattr(spaces[prefix])}"
        for prefix in sorted(prefixes - {"xml"})
        if spaces[prefix] != RDF or prefix != "rdf"
    )
    if "" in spaces:
        declared += f" xmlns={quoteattr(spaces[''])}"
    head = b'<rdf:Description rdf:about=""' + declared.encode() + b"".join(on_it) + b">\n"
    return head + b"".join(part + b"\n" for part in inside) + b"</rdf:Description>\n"
