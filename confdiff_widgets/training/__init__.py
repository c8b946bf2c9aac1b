"""Learning score networks from trajectories."""
