"""Data sets as typed records, and checks of what was downloaded."""
