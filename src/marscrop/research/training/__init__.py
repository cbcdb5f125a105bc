"""Training: loss, schedule, checkpoints, and the loop that joins them."""
