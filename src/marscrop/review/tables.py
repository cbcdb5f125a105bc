"""A review as JSON, for its page."""

from __future__ import annotations

from typing import Any

from marscrop.batch.records import CropRecord
from marscrop.review.review import CropPlace, Review


def review_table(review: Review, target: str) -> dict[str, Any]:
    """The whole review."""
    return {
        "target": target,
        "photos": [
            {
                "name": record.name or record.source,
                "source": record.source,
                "width": record.width,
                "height": record.height,
                "error": record.error,
            }
            for record in review.records
        ],
        "crops": [crop_table(place, review.crop(place)) for place in review.places()],
    }


def crop_table(place: CropPlace, crop: CropRecord) -> dict[str, Any]:
    """One crop, as it was decided."""
    return {
        "photo": place.photo,
        "crop": place.crop,
        "ratio": crop.ratio,
        "value": crop.aspect_ratio.value,
        "candidate": crop.candidate,
        "box": list(crop.box),
        "padding": list(crop.padding) if crop.padding else None,
        "confidence": crop.confidence,
        "centred": crop.centred,
        "state": crop.state,
        "found_box": list(crop.found.box) if crop.found else None,
        "output": crop.output,
        "warnings": list(crop.warnings),
    }
