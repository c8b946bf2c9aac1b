"""How scores are combined."""
