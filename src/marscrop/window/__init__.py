"""The way from a map to a crop window.

`placement` proposes a window where nothing constrains it; `constrained_search` finds the most
likely one among those that meet `constraints`. `candidates` chooses between the two and rounds
(`rounding`). Where no crop meets the constraints, `padded_crop` pads and `conflict` says why.
"""
