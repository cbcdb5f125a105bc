"""How many examples a property is tried on: a share of what the Hypothesis profile allows."""

from __future__ import annotations

from hypothesis import settings


def tried(examples: int) -> settings:
    """So many in the default profile, of 100 examples; fewer or more in others, in proportion."""
    return settings(max_examples=max(1, examples * settings().max_examples // 100), deadline=None)
