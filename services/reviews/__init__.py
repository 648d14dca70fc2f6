"""Scorecards: save a draft, submit it, judge it by the rules of its call."""
