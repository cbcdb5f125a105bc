"""What the paper shows, made again: Tables 1-7, the grid search, Figure 5, the user study."""
