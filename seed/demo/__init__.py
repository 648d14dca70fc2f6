"""The demonstration world: a pure generator and the texts it draws on. People and bodies are invented."""
