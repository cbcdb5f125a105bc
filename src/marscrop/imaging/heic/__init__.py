"""HEIC decoded no further than the networks need, where the file is plain."""
