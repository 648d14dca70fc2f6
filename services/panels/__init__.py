"""Panels: what the reviews of a proposal say together, and what the meeting adds."""
