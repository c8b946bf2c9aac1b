"""The gas constant and the calorie, defined once."""

from scipy.constants import R, calorie

KJ_PER_KCAL: float = calorie
"""The thermochemical calorie."""

GAS_CONSTANT: float = R / 1000
"""kJ/mol/K"""

GAS_CONSTANT_KCAL: float = GAS_CONSTANT / KJ_PER_KCAL
"""kcal/mol/K"""
