"""How near a crop comes to what it shows."""

from __future__ import annotations

from typing import Literal

Zoom = Literal["none", "natural"]
"""The largest crop, or a little smaller, as people cut."""
