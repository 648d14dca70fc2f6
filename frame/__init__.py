"""Floor 4½: what every answer of either door has: who asks, in which language, under which request id.

Knows Flask, but no noun of the house; `api` and `web` stand on it, so that they need not know each other.
"""
