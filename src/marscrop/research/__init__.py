"""The research half: the network, its data, training, evaluation and export.

Needs the [train] extra. Nothing outside this package imports it, except the command line's
research commands, and they only when called.
"""
