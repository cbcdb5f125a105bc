"""Boxes of the ISO base media file format, and the pictures that HEIC and AVIF keep in them."""
