"""Molecular dynamics with OpenMM at constant temperature or with replica exchange."""
