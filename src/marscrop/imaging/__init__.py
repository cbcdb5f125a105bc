"""Photos in, crops out: the only part of the product that knows Pillow."""
