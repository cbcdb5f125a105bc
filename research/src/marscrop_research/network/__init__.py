"""The network of section 3: backbone, meta-learner, head, and their files."""
