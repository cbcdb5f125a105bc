"""Crops for a whole library of photos: resumable, on one machine or on a cluster.

`discovery` finds the photos, `plan` makes a task of each, `names` gives each file a name of its
own, `worker` does one photo, an engine (`thread_engine`, `ray_engine`) does many, `journal`
remembers what is done, `results` writes the manifest, and `run` joins them.
"""
