"""Crops in the notation of other tools: pure functions of a box.

Image servers count pixels of the upright photo. An XMP sidecar counts along the pixels as they are
stored, so that it needs the photo's EXIF orientation too.
"""

from marscrop.exchange.image_servers import iiif_region, imgproxy_crop, thumbor_crop
from marscrop.exchange.xmp import crop_sidecar, stored_edges

__all__ = ["crop_sidecar", "iiif_region", "imgproxy_crop", "stored_edges", "thumbor_crop"]
