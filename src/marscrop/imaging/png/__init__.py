"""PNGs: how their rows are stored, read and completed."""
