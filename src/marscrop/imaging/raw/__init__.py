"""Camera raw: telling it from the TIFF or HEIF that it looks like, and the pictures in it."""
