"""Floor 1: the rules of procedure. Who may do what, when, and what follows; pure, no clock, no database."""
