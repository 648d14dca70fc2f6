"""Sentence models from outside, behind one seam: texts in, vectors out. Knows nothing of a database."""
