"""How near a crop comes to what it shows."""

from __future__ import annotations

from typing import Literal

Zoom = Literal["none", "natural", "tight"]
"""The largest crop; a little smaller, as people cut; or the main subject, framed."""
