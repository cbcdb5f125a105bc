"""Faces: where they are in a photo, and which boxes a crop must keep whole for their sake.

A room of its own: it needs what `runtime` and `imaging` give and `cropper` is its only user, and
it is the only place that knows which detector there is and that it is optional.
"""
