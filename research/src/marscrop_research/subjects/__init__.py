"""The subject map: taught by other networks and by boxes where people look, heads, subjects."""
