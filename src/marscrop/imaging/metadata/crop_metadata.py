"""What a crop's file says of its photo: by policy, true of the crop, as far as its format can."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from marscrop.imaging.metadata import exif_policy, iptc, xmp_rights, xmp_truth
from marscrop.imaging.metadata.exif_block import ExifBlock
from marscrop.imaging.metadata.photo_metadata import PhotoMetadata
from marscrop.imaging.metadata.placement import Placement
from marscrop.imaging.metadata.png_chunks import PngText
from marscrop.imaging.metadata.regions import names_one_of
from marscrop.imaging.metadata.resolution import Resolution
from marscrop.imaging.metadata.xmp_packet import XmpError, XmpPacket
from marscrop.imaging.output_format import AVIF, GIF, HEIF, JPEG, PNG, TIFF, WEBP, OutputFormat
from marscrop.imaging.write_options import MetadataPolicy

_TEXTS_OF_RIGHTS: Final = {"Copyright": "rights", "Author": "creator", "Disclaimer": None}
_UNTRUE_TEXTS: Final = ("Thumb::", "exif:", "png:", "date:", "icc:", "photoshop:")
"""How the keys begin of what ImageMagick and file managers note of the whole file."""

_MOST_SEGMENT_BYTES: Final = 65_533
"""Of a JPEG's segment, without its own length; with a name of up to 35 bytes in it."""
_MOST_BLOCK_BYTES: Final = _MOST_SEGMENT_BYTES - 35
_MOST_RESOURCE_BYTES: Final = 8192
"""Of one of Photoshop's, which share a segment with the IPTC data."""


@dataclass(slots=True)
class CropMetadata:
    """What is written to a crop's file.

    Attributes:
        exif: tags; none if it is empty.
        xmp: a packet; None if there is none.
        iptc: statements as IIM has them.
        resources: of Photoshop.
        texts: of a PNG.
        comment: of a JPEG or GIF.
        resolution: dots an inch.
        losses: as in `EncodedFile.losses`.
    """

    exif: ExifBlock = field(default_factory=ExifBlock)
    xmp: bytes | None = None
    iptc: bytes = b""
    resources: dict[int, bytes] = field(default_factory=dict)
    texts: list[PngText] = field(default_factory=list)
    comment: bytes | None = None
    resolution: Resolution | None = None
    losses: list[str] = field(default_factory=list)


def kept(
    photo: PhotoMetadata,
    policy: MetadataPolicy,
    placement: Placement,
    wanted: OutputFormat,
    *,
    lossless: bool = False,
) -> CropMetadata:
    """What a crop says, and in `losses` what it cannot say.

    Args:
        photo: what its photo says.
        policy: what of it is wanted.
        placement: of the crop in the photo.
        wanted: the crop's format.
        lossless: its pixels were copied as they are stored.
    """
    crop = CropMetadata(resolution=photo.resolution, losses=list(photo.apart))
    order = photo.exif.order if photo.exif else "<"
    crop.exif = ExifBlock(order)
    if policy != "none":
        crop.losses += photo.damaged
        packet = _packet(photo, crop)
        gone: frozenset[str] = frozenset()
        if policy == "all":
            gone = _keep_all(photo, packet, placement, wanted, crop)
        elif packet:
            nodes = xmp_rights.rights_of(packet)
            crop.xmp = xmp_rights.packet_of(nodes) if nodes else None
        if policy == "rights" and photo.exif:
            crop.exif = exif_policy.rights_in(photo.exif)
        _keep_iptc(photo, policy, gone, crop)
        crop.texts = [t for t in photo.texts if policy == "all" or t.key in _TEXTS_OF_RIGHTS]
        crop.texts = [t for t in crop.texts if not t.key.startswith(_UNTRUE_TEXTS)]
        _say_otherwise(packet, wanted, crop)
        if wanted is JPEG:
            _fit_segments(packet, crop)
    if lossless and photo.exif:
        exif_policy.say_of_pixels(crop.exif, photo.exif, placement.orientation_after)
    if crop.resolution:
        if wanted is GIF:
            crop.losses.append(f"the resolution, {crop.resolution}, is not kept: a GIF has none")
        elif wanted in (WEBP, AVIF, HEIF) or crop.exif.to_bytes():
            crop.exif.picture |= crop.resolution.to_tags(crop.exif.order)
    return crop


def _packet(photo: PhotoMetadata, crop: CropMetadata) -> XmpPacket | None:
    if not photo.xmp or not photo.xmp.strip(b"\0 \n\r\t"):
        return None
    try:
        return XmpPacket(photo.xmp)
    except (XmpError, UnicodeDecodeError, IndexError, ValueError):
        crop.losses.append("the XMP cannot be read and is not kept")
        return None


def _keep_all(
    photo: PhotoMetadata,
    packet: XmpPacket | None,
    placement: Placement,
    wanted: OutputFormat,
    crop: CropMetadata,
) -> frozenset[str]:
    """Keep what is true of the crop; the names of the people who are cut off."""
    gone: frozenset[str] = frozenset()
    if packet:
        try:
            crop.xmp, gone = xmp_truth.true_of(packet, placement)
        except (ValueError, OverflowError):  # numbers of thousands of digits
            crop.losses.append("the XMP cannot be read and is not kept")
        if any(field.name[0] == xmp_truth.PANORAMA for _, field in packet.fields()):
            crop.losses.append("what makes the picture a panorama (GPano) is not kept")
    if photo.exif:
        crop.exif = exif_policy.true_of(photo.exif, placement, gone)
        if exif_policy.has_makers_note(photo.exif):
            crop.losses.append("the camera maker's note is not kept")
    crop.comment = photo.comment
    if crop.comment and wanted not in (JPEG, GIF):
        crop.losses.append(f"the comment is not kept, as {wanted.name} cannot hold it")
    others = [text for text in photo.texts if text.key not in _TEXTS_OF_RIGHTS]
    if others and wanted is not PNG:
        crop.losses.append(f"some texts of the PNG are not kept, as {wanted.name} cannot hold them")
    if wanted is GIF and (crop.exif.picture or crop.exif.details or crop.exif.place):
        crop.losses.append("of the EXIF only rights are kept, as GIF cannot hold it")
    return gone


def _keep_iptc(
    photo: PhotoMetadata, policy: MetadataPolicy, gone: frozenset[str], crop: CropMetadata
) -> None:
    sets = list(iptc.data_sets(photo.iptc))
    rights = {*iptc.RIGHTS, iptc.CHARACTER_SET}
    left = []
    for one in sets:
        kind = one[:2]
        if kind in iptc.PREVIEWS or (policy == "rights" and kind not in rights):
            continue
        if kind == iptc.CAPTION_AND_NAMES and names_one_of(iptc.to_text(one.data, sets), gone):
            continue
        left.append(one)
    if any(one[:2] != iptc.CHARACTER_SET for one in left):
        crop.iptc = b"".join(one.to_bytes() for one in left)
    crop.resources = dict(photo.resources)


def _say_otherwise(packet: XmpPacket | None, wanted: OutputFormat, crop: CropMetadata) -> None:
    """Say in XMP what is said of rights in a block that the format has no place for."""
    said: dict[str, list[str]] = {}
    if wanted not in (JPEG, TIFF):
        sets = list(iptc.data_sets(crop.iptc))
        for one in sets:
            what = iptc.RIGHTS.get(one[:2])
            if what:
                said.setdefault(what, []).append(iptc.to_text(one.data, sets))
        if iptc.WEB_STATEMENT in crop.resources:
            said["web"] = [crop.resources[iptc.WEB_STATEMENT].decode("latin-1")]
        crop.iptc, crop.resources = b"", {}
    if wanted is GIF:
        for what, text in exif_policy.statements(crop.exif).items():
            said.setdefault(what, []).append(text)
        crop.exif = ExifBlock(crop.exif.order)
    if wanted is not PNG:
        for one_text in crop.texts:
            what = _TEXTS_OF_RIGHTS.get(one_text.key)
            if what:
                said.setdefault(what, []).append(one_text.text)
        crop.texts = []
    already = xmp_rights.stated(packet)
    node = xmp_rights.node_stating({what: t for what, t in said.items() if what not in already})
    if not node:
        return
    if crop.xmp is None:
        crop.xmp = xmp_rights.packet_of(node)
    else:
        ours = XmpPacket(crop.xmp)
        ours.add(node)
        crop.xmp = ours.to_bytes()


def _fit_segments(packet: XmpPacket | None, crop: CropMetadata) -> None:
    """Leave out what is too large for a JPEG's segments, rights last."""
    if crop.xmp and len(crop.xmp) > _MOST_BLOCK_BYTES:
        nodes = xmp_rights.rights_of(packet) if packet else b""
        crop.xmp = xmp_rights.packet_of(nodes) if nodes else None
        if crop.xmp and len(crop.xmp) > _MOST_BLOCK_BYTES:
            crop.xmp = None
        crop.losses.append("of the XMP, too large for a JPEG, at most rights are kept")
    if exif_policy.fit(crop.exif, _MOST_BLOCK_BYTES):
        crop.losses.append("the largest EXIF tags are not kept, too large for a JPEG")
    if len(crop.iptc) > _MOST_BLOCK_BYTES // 2:
        crop.iptc = b""
        crop.losses.append("the IPTC data are not kept, too large for a JPEG")
    fitting = {k: d for k, d in crop.resources.items() if len(d) < _MOST_RESOURCE_BYTES}
    if len(fitting) < len(crop.resources):
        crop.resources = fitting
        crop.losses.append("Photoshop's data on rights are not all kept, too large for a JPEG")
    if crop.comment and len(crop.comment) > _MOST_BLOCK_BYTES:
        crop.comment = None
        crop.losses.append("the comment is not kept, too large for a JPEG")
