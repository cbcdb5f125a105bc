"""The systems of the paper's Table 7, small, on the same frozen features, trained by one loop."""
