"""Memory and work of an evaluation of the score network, estimated from its sizes."""

from __future__ import annotations

from .config import NetworkConfig
from .layers import AngleResnet

BYTES = 4
SAFETY = 1.3
"""Factor that keeps the estimate above the measured peak (benchmarks/results/lengths.md)."""

HEAD_LAYERS = 12
"""Point attention layers in a force head: six in each of two nets."""


def evaluation_bytes(
    config: NetworkConfig, length: int, batch: int = 1, *, tiled: bool = True
) -> int:
    """Estimate the peak memory of one network evaluation without gradients, in bytes.

    Pair features dominate. In tiles, as on a CPU, these are the input and the output of a layer and
    the terms of the sequence; otherwise also the hidden layers of the pair update.
    """
    hidden = config.c_s + config.c_z
    layers = config.pair_repr if tiled else max(2 * config.pair_repr, 2 * hidden)
    pair = 3 * config.c_z + layers + 4 * config.heads
    attention = config.heads * (config.c_hidden + 3 * (config.qk_points + config.v_points))
    node = 8 * (config.c_s + config.c_skip) + 4 * attention
    return int(SAFETY * BYTES * batch * (length * length * pair + length * node))


def evaluation_work(config: NetworkConfig, length: int) -> float:
    """Return the multiplications of one network evaluation of one conformer.

    Sum of the parts that grow with L² (pair features, attention) and with L.
    """
    s, z, skip, heads = config.c_s, config.c_z, config.c_skip, config.heads
    width, hidden = s + skip, s + z
    embedded = config.time + config.index + config.rbf + config.pair_repr
    channels = config.c_hidden + 3 * (config.qk_points + config.v_points)
    attention = z * (heads + z // 4) + heads * (2 * channels + z // 4)
    pair = z * (embedded + 2 * z)
    pair += config.blocks * (attention + 2 * config.tfmr_layers * width)
    pair += (config.blocks - 1) * (2 * z * hidden + hidden * hidden)
    projected = 3 * config.c_hidden + 3 * (2 * config.qk_points + config.v_points)
    point = s * heads * (projected + config.c_hidden + 4 * config.v_points + z // 4)
    node = s * (config.time + config.index + config.node_repr + 2 * s)
    node += config.blocks * (point + 6 * config.tfmr_layers * width**2 + 3 * s * s)
    node += config.blocks * s * (skip + width) + (config.blocks - 1) * s * (s // 2 + hidden + z)
    node += 2 * AngleResnet.HIDDEN * s + 2 * AngleResnet.BLOCKS * AngleResnet.HIDDEN**2
    if config.head == "force":
        pair += HEAD_LAYERS * attention
        node += HEAD_LAYERS * (point + 3 * s * s)
    return float(length * length * pair + length * node)
