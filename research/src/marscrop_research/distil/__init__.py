"""A cheaper network for the product, taught by the one that it replaces."""
