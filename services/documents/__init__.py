"""Documents that people fill in without a network: how they are built, written and read again."""
