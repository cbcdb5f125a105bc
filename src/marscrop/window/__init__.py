"""From a map to a crop window.

`placement` decides where nothing is asked for; `constrained` finds the most likely window among
those that meet `constraints`; `crops` joins them and rounds.
"""
