"""Rotations, rigid frames, and the conversion between frames with torsions and heavy atoms."""
