"""Which sentence does a Message become in a language? Reads the catalogues; knows no web framework."""
