"""Sizes of a network inferred from its tensors, for files that do not state them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from .config import Head, NetworkConfig
from .network_file import CheckpointError

FIRST = "structure_module.trunk.ipa_0"
HEADS: dict[Head, str] = {
    "force": "structure_module.pred_force_t_net.",
    "energy": "structure_module.pred_energy_t_net.",
}


def sizes_of(weights: Mapping[str, Tensor], source: str) -> NetworkConfig:
    """Return the configuration whose network has these tensors.

    Two numbers leave no trace in the shapes and are taken as in every published checkpoint: the
    time and the residue-index embedding are of one size, and the transformer has as many heads as
    the point attention.

    Raises
    ------
    CheckpointError
        If tensors that tell a size are missing; ``source`` says of what.
    """

    def shape(name: str) -> tuple[int, ...]:
        if name not in weights:
            raise CheckpointError(
                f"{source} is not a CONFDIFF network: it lacks {name} and "
                f"{_others_missing(weights, name)} other tensors that tell its sizes. It holds "
                f"{_sample(weights)}."
            )
        return tuple(weights[name].shape)

    def optional(name: str) -> int:
        return shape(name)[0] if name in weights else 0

    node_repr = optional("embedder.pretrained_node_repr_layernorm.weight")
    pair_repr = optional("embedder.pretrained_edge_repr_layernorm.weight")
    embedded = shape("embedder.node_mlp.0.weight")[1] - node_repr
    heads = shape(f"{FIRST}.head_weights")[0]
    qk_points = shape(f"{FIRST}.linear_q_points.weight")[0] // (3 * heads)
    kv_points = shape(f"{FIRST}.linear_kv_points.weight")[0] // (3 * heads)
    return NetworkConfig(
        node_repr=node_repr,
        pair_repr=pair_repr,
        time=embedded // 2,
        index=embedded - embedded // 2,
        rbf=shape("embedder.gaussian_smearing.offset")[0],
        c_s=shape("embedder.node_mlp.4.weight")[0],
        c_z=shape("embedder.edge_mlp.4.weight")[0],
        c_skip=shape("structure_module.trunk.skip_embed_0.weight")[0],
        blocks=_count(weights, r"structure_module\.trunk\.ipa_(\d+)\."),
        heads=heads,
        c_hidden=shape(f"{FIRST}.linear_q.weight")[0] // heads,
        qk_points=qk_points,
        v_points=kv_points - qk_points,
        tfmr_heads=heads,
        tfmr_layers=_count(weights, r"structure_module\.trunk\.seq_tfmr_0\.layers\.(\d+)\."),
        head=head_of(weights),
    )


def head_of(weights: Mapping[str, Tensor]) -> Head | None:
    """Return the guidance head in the tensors."""
    return next(
        (head for head, start in HEADS.items() if any(name.startswith(start) for name in weights)),
        None,
    )


def _count(weights: Mapping[str, Tensor], pattern: str) -> int:
    return len({found[1] for name in weights if (found := re.match(pattern, name))})


TELLING = (
    "embedder.node_mlp.0.weight",
    "embedder.node_mlp.4.weight",
    "embedder.edge_mlp.4.weight",
    "embedder.gaussian_smearing.offset",
    f"{FIRST}.head_weights",
    f"{FIRST}.linear_q.weight",
    f"{FIRST}.linear_q_points.weight",
    f"{FIRST}.linear_kv_points.weight",
    "structure_module.trunk.skip_embed_0.weight",
)


def _others_missing(weights: Mapping[str, Tensor], name: str) -> int:
    return sum(other not in weights for other in TELLING if other != name)


def _sample(weights: Mapping[str, Tensor]) -> str:
    names = sorted(weights)
    shown = ", ".join(f"{name} {tuple(weights[name].shape)}" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown or "nothing"
