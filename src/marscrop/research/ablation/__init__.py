"""The paper's Tables 1-6: the variants, running them, their speed, and ours beside theirs."""
