"""Floor 1: is a proposal good enough? Rules, scorecards and panels; pure, no clock, no database."""
