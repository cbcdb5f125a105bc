"""Which colours a file's numbers mean, where it does not say so by an ICC profile."""
