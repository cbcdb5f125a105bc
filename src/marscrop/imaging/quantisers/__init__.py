"""How coarsely a lossy picture is quantised, read from its stream's headers."""
