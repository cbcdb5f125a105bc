"""What a photo shows: where people look, and its heads and main subjects, from a network's maps.

`peaks` reads windows from maps of their middles, faces' too; `subject_map` is what it all becomes.
"""
