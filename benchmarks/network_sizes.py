"""Excess on held-out peptides against the size of the network.

    python benchmarks/network_sizes.py --data MD_FOLDER

Trains conditional thermal networks of three sizes from random weights at an equal, short schedule
with all training peptides, and evaluates them as benchmarks/peptides.py does. Writes
benchmarks/results/network_sizes.{md,json}. An interrupted training resumes with the same command.
"""

from __future__ import annotations

from _report import publish
from learning_curve import make_parser, medians, recipe, train
from peptides import compare, held_out

from confdiff_widgets.models.checkpoints import load_network
from confdiff_widgets.training.recipe import BUNDLED_SIZE

SIZES = {
    "half the widths": {name: width // 2 for name, width in BUNDLED_SIZE.items()},
    "bundled": BUNDLED_SIZE,
    "larger": {"c_s": 160, "c_z": 48, "c_skip": 32, "c_hidden": 48},
}


def main() -> None:
    parser = make_parser(__doc__.split("\n")[0], "network_sizes", steps=1200, samples=80)
    parser.set_defaults(start=None)
    options = parser.parse_args()
    files = held_out(options.data)
    rows = []
    for name, size in SIZES.items():
        widths = "".join(f"{key} = {value}\n" for key, value in size.items())
        text, _, _ = recipe("all", options.data / "peptides", options.steps)
        text = text.replace("[network]\n", f"[network]\n{widths}")
        options.model = train(text, options.out / name.replace(" ", "_"), options)
        network, _ = load_network(options.model)
        parameters = sum(p.numel() for p in network.parameters())
        rows.append(
            {
                "network": name,
                "parameters (millions)": parameters / 1e6,
                "half precision (MB)": 2 * parameters / 1e6,
                **medians([compare(file, options, {}) for file in files]),
            }
        )
        print(rows[-1], flush=True)
    publish(
        "network_sizes",
        rows,
        f"Excess of JS² over the sampling baseline for {len(files)} held-out peptides with the "
        "sequence (γ = 1), median and 95 % interval (bootstrap over peptides), after "
        f"{options.steps} steps from random weights; {options.samples} samples at each "
        "temperature.",
    )


if __name__ == "__main__":
    main()
