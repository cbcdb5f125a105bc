"""Measuring crops against people's: metrics, methods, and the protocol that joins them."""
