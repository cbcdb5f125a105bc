"""Where the time of a crop goes, measured on this machine."""
