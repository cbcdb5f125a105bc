"""From a map to a window without constraints: the paper's way, the most likely one, the prior."""
