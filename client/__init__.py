"""The command `scripts/score`: sends a file to the function and writes what it answers."""
