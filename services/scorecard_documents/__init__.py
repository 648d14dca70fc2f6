"""A scorecard as a document to be filled in without a network: made, and read again."""
