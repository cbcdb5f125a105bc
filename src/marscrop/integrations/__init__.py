"""marscrop inside other libraries: one module each, which only that library imports."""
