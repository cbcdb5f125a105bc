"""Exported models and how they run: the only package that knows ONNX Runtime."""
