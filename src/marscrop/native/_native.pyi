from typing import Any

ffi: Any
"""Makes and casts what C takes."""

lib: Any
"""The functions and numbers of the headers."""
