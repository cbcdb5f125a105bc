"""The commands that this package adds to `marscrop`, by entry points; they import lazily."""
