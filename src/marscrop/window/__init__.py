"""From a map to a crop window: two decoders for the same network output.

`paper` is section 3.4 of the paper; `search` is ours and what the product uses. `constrained` is
the same search among the windows that meet `constraints`; `crops` joins them and rounds.
"""
