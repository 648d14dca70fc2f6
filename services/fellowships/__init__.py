"""Fellowship calls from the form of a nominee to the letters: one use case per function."""
