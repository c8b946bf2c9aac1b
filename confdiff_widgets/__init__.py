"""Seeing and steering protein-conformation diffusion in Jupyter."""

__version__ = "0.1.0"
