"""Errors that only research raises; each is a `MarscropError`, as the product's are."""

from __future__ import annotations

from marscrop.errors import MarscropError


class DataError(MarscropError):
    """A data set that is missing or not in its published format."""


class ConfigError(MarscropError, ValueError):
    """A configuration with an unknown key or a value out of range."""
