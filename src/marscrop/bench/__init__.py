"""Measurements of the time of each step of a crop, on this machine."""
