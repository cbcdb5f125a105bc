"""From ONNX files to layers for the parts in C, or that they are not for these."""
