"""Running an exported network: the only place that knows ONNX Runtime."""
