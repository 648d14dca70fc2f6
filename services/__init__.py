"""Floor 3: use cases. Load, permit, decide by a pure rule, write, record.

A service never commits and never reads a web request.
"""
