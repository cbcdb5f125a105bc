"""Every error that marscrop raises on purpose.

A message says what was expected, what came, and what to do. Whoever calls the library can
catch `MarscropError` and show `str(error)` to a person as it is.
"""


class MarscropError(Exception):
    """Base of all errors of this package."""


class RatioError(MarscropError, ValueError):
    """An aspect ratio that cannot be understood."""


class ConstraintError(MarscropError, ValueError):
    """A constraint on crops that cannot be understood, or that a photo cannot meet."""


class ImageError(MarscropError):
    """An image that cannot be found, read, or written."""


class StorageError(MarscropError):
    """A place for results that is full, read-only, or gone: whatever is written there fails."""


class ModelError(MarscropError):
    """A model that is missing, changed, truncated, or of an unknown format."""


class DataError(MarscropError):
    """A data set that is missing or not in its published format."""


class ConfigError(MarscropError, ValueError):
    """A configuration with an unknown key or a value out of range."""
