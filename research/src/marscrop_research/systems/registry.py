"""The trained systems of Table 7, by name, teachers before those that they teach."""

from __future__ import annotations

from typing import Final

from marscrop_research.systems.a2rl import A2rl
from marscrop_research.systems.adaconv import AdaConv
from marscrop_research.systems.dic import Dic
from marscrop_research.systems.fast_at import FastAt
from marscrop_research.systems.gaic import GAIC
from marscrop_research.systems.mars import Mars
from marscrop_research.systems.system import System
from marscrop_research.systems.ven import VEN
from marscrop_research.systems.vfn import VFN
from marscrop_research.systems.vpn import VPN

_KINDS: Final[tuple[type[System], ...]] = (
    VFN,
    VEN,
    FastAt,
    AdaConv,
    A2rl,
    Dic,
    VPN,
    GAIC,
    Mars,
)

SYSTEMS: Final[dict[str, type[System]]] = {kind.name: kind for kind in _KINDS}
"""In the paper's order as far as teachers allow."""
