"""Floor 6: the reference data and the demonstration world, and how each is loaded."""
