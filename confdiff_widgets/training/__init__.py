"""Training of score networks and guidance heads."""
