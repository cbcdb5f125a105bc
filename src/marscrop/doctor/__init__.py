"""Whether this installation works, and what is missing: each thing looked at by itself."""
