"""What the doors show: frozen rows, already limited to what the actor may see."""
