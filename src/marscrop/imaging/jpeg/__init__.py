"""What is known of JPEG files beyond Pillow: their markers, tables, scans, strips and metadata."""
