"""From a checkpoint to the product's model folder: parts, calibration, scores."""
