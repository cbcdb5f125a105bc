"""The faces of a photo (`detector`), and what a crop must keep or avoid for them (`protection`).

Only this package knows which detector there is (`centerface`) and that it is optional.
"""
