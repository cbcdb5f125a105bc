"""Crops for a whole library of photos: resumable, on one machine or on a cluster.

`plan` finds the photos, `worker` does one of them, an engine (`threads`, `ray_engine`) does many,
`journal` remembers what is done, `results` writes the manifest, and `run` joins them.
"""
