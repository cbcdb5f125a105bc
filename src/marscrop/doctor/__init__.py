"""Checks of an installation: whether it works, and what is missing."""
