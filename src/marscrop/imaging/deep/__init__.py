"""Pictures of more than 8 bits a channel in several channels, which Pillow has no mode for."""
