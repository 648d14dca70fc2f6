"""Samples that reviewers score for practice before it counts: prepared, scored, compared."""
