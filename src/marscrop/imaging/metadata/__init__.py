"""What a file says of its photo beside the pixels: read from every format, held against a policy,
made true of a crop, and written to every format."""
