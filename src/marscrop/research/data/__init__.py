"""Data sets as one typed record, and the views of them that training sees."""
