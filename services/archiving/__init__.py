"""Floor 3, services: what is blanked and what stays once the retention of an entry or call is over."""
