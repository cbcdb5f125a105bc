"""What makes marscrop's network: its data, training, evaluation, export, and the paper's tables.

Its commands join those of `marscrop`. What needs torch says so (extra `train`); data checks,
evaluation of the product or of other tools' boxes, figures and the study do without.
"""

__version__ = "0.2.0"
