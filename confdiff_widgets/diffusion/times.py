"""Elementary functions of the time t, which may be a number or a tensor."""

from __future__ import annotations

import math
from typing import TypeVar

import torch
from torch import Tensor

Time = TypeVar("Time", float, Tensor, float | Tensor)
"""A number or a tensor; functions of it return the same kind."""


def exp(x: Time) -> Time:
    return torch.exp(x) if isinstance(x, Tensor) else math.exp(x)


def expm1(x: Time) -> Time:
    return torch.expm1(x) if isinstance(x, Tensor) else math.expm1(x)


def log(x: Time) -> Time:
    return torch.log(x) if isinstance(x, Tensor) else math.log(x)
