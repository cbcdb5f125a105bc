"""Animations: their timing, and files that are joined from stills of their frames."""
