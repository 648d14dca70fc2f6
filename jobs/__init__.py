"""Floor 5, background: work that a person need not wait for. Each job calls one service."""
