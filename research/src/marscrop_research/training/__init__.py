"""Training: batches, losses, schedule, the folder of a run, and the loop that joins them."""
