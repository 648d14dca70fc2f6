"""Floor 1: which offers suit a request, how well, and why; knows no database, web or clock."""
