"""The libraries that decode and encode, by version."""

from __future__ import annotations

from PIL import features

from marscrop.imaging.formats import register_heif


def codec_versions() -> dict[str, str | None]:
    """Versions of the libraries in this Pillow; None for one that it was built without."""
    return {
        "libjpeg-turbo": features.version_feature("libjpeg_turbo"),
        "libwebp": features.version_module("webp"),
        "libavif": features.version_module("avif"),
        "libtiff": features.version_codec("libtiff"),
        "openjpeg": features.version_codec("jpg_2000"),
        "zlib": features.version_codec("zlib"),
    }


def libheif_version() -> str | None:
    """Of the optional pillow-heif; None where it is missing."""
    if not register_heif():
        return None
    from pillow_heif import libheif_version

    return str(libheif_version())
