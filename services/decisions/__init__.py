"""Decisions: proposed, approved, released as a batch, and looked at again."""
