"""The command line, as the product's tests have it."""

from tests.unit.cli.conftest import cli

__all__ = ["cli"]
