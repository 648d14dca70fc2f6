"""Floor 6: the demonstration world, acted out through the services by the people it invents."""
