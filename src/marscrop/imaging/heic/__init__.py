"""HEIC decoded no further than the networks need: plain pictures, by the library that decodes them."""
