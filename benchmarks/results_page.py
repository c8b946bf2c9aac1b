"""The project's own results: every bundled protein, with each guidance that is bundled for it.

    python benchmarks/results_page.py [PROTEIN ...] [--samples N]
    python benchmarks/results_page.py --page        # the page again, from what is recorded

Samples, judges against the bundled reference and records results/evaluation_PROTEIN.json with a
fingerprint of the networks and the reference; then writes docs/results.md and its figures. A test
makes the page again from the records, and compares fingerprints: when a network changes, it says
that this has to be run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from pathlib import Path

from _report import RESULTS, machine
from _results_figure import results_figure

from confdiff_widgets import proteins
from confdiff_widgets.ensembles import EnsembleData
from confdiff_widgets.proteins import Protein
from confdiff_widgets.reports import EvaluationSettings, Target, evaluate
from confdiff_widgets.sampling import Run, SamplerConfig

DOCS = Path(__file__).parents[1] / "docs"
BUNDLED = Path(proteins.__file__).parent
SAMPLES = 1000
ETA = 1.0

HEAD = """# Results

What the bundled models are worth, judged against the bundled references. `python
benchmarks/results_page.py` made this page; `confdiff evaluate` judges any other ensemble the same
way.

A number is read beside two others. **Floor**: what as many frames of the reference itself score,
mean ± sd over draws; no sampler can be expected below it. **Static**: the folded structure
repeated, which is what knowing only the fold scores. In parentheses: 95 % interval, over bootstrap
samples of the frames.
"""


def fingerprint(name: str) -> str:
    """Changes with the networks, heads and reference that the results of a protein rest on."""
    weights = BUNDLED / "weights"
    files = [weights / f"{kind}.safetensors" for kind in ("conditional", "unconditional")]
    files += [weights / f"{kind}_{name}.safetensors" for kind in proteins.get(name).guidances()]
    files.append(BUNDLED / "data" / name / "reference.npz")
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode())
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def sampled(protein: Protein, guidance: str, samples: int, seed: int) -> tuple[EnsembleData, dict]:
    """An ensemble of the bundled model, and what it took."""
    physical = None if guidance == "none" else protein.load_physical(guidance)
    config = SamplerConfig(
        samples=samples,
        seed=seed,
        guidance=guidance,  # type: ignore[arg-type]
        eta=0.0 if physical is None else ETA,
    )
    began = time.process_time()
    run = Run(
        protein.load_networks(), protein.sequence, config, physical=physical, keep_every=10**9
    )
    for _ in run:
        pass
    ensemble = run.ensemble()
    name = "no guidance" if guidance == "none" else f"{guidance} guidance"
    took = {
        "name": name,
        "processor_seconds": round(time.process_time() - began, 1),
        "network_evaluations": run.evaluations,
        "config": config.to_dict(),
    }
    return EnsembleData(name, protein.sequence, ensemble.ca, ensemble.backbone), took


def measure(name: str, samples: int, seed: int, records: Path, docs: Path) -> None:
    """Sample, judge, record and draw one protein."""
    protein = proteins.get(name)
    target = Target.of_protein(protein)
    count = min(samples, len(target.ca) // 2)
    made = [sampled(protein, kind, count, seed) for kind in ("none", *protein.guidances())]
    evaluation = evaluate(
        [data for data, _ in made], target, settings=EvaluationSettings(seed=seed), progress=print
    )
    record = {
        "protein": name,
        "fingerprint": fingerprint(name),
        "machine": machine(),
        "runs": [took for _, took in made],
        **evaluation.to_dict(),
    }
    path = records / f"evaluation_{name}.json"
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    results_figure(evaluation, docs / f"results_{name}.png")


def page(records: Path) -> str:
    """docs/results.md, from the records alone."""
    parts = [HEAD]
    for path in (records / f"evaluation_{name}.json" for name in proteins.names()):
        if path.is_file():
            parts.append(_section(json.loads(path.read_text(encoding="utf-8"))))
    return "\n".join(parts)


def _section(record: dict) -> str:
    runs, ensembles = record["runs"], record["ensembles"]
    config = runs[0]["config"]
    lines = [f"## {record['target']}", "", f"`{record['sequence']}`. {' '.join(record['notes'])}",
             ""]  # fmt: skip
    lines += [
        f"{ensembles[0]['n_sample']} samples each, γ = {config['gamma']:g}, {config['solver']}, "
        f"{config['steps']} steps, seed {config['seed']}; guidance with η = {ETA:g}, every kind "
        "that is bundled for this protein.",
        "",
    ]
    heads = ["Metric"]
    for run in runs:
        heads += [run["name"]]
    lines += _table([*heads, "Floor", "Static", "Reference", "Good"], _metric_rows(ensembles))
    lines += ["", _recovery(record), "", f"![{record['target']}](results_{record['protein']}.png)",
              ""]  # fmt: skip
    if record["states"] is not None:
        lines += ["Metastable states of the reference and how often each is visited:", ""]
        lines += _table(["State", "Reference", *(run["name"] for run in runs)], _state_rows(record))
        lines.append("")
    cost = "; ".join(
        f"{run['name']} {run['processor_seconds']:.0f} processor seconds, "
        f"{run['network_evaluations']} network evaluations"
        for run in runs
    )
    place = ", ".join(f"{key} {value}" for key, value in record["machine"].items())
    lines += [f"Sampling took: {cost}. Measured with {place}.", ""]
    return "\n".join(lines)


def _metric_rows(ensembles: list[dict]) -> list[list[str]]:
    found = []
    for key, first in ensembles[0]["metrics"].items():
        unit = " (Å)" if first["unit"] == "Å" else ""
        row = [first["label"] + unit]
        for one in ensembles:
            m = one["metrics"][key]
            row.append(f"{m['value']:.3f} ({m['low']:.3f}–{m['high']:.3f})")
        row.append(f"{first['floor_mean']:.3f} ± {first['floor_sd']:.3f}")
        row.append(f"{first['static']:.3f}")
        row.append("–" if first["good"] == "low" else f"{first['reference']:.3f}")
        found.append([*row, first["good"]])
    return found


def _recovery(record: dict) -> str:
    floor, static = record["recovery_floor"], record["recovery_static"]
    if floor is None:
        return "There are no known states."
    told = []
    for one in record["ensembles"]:
        found = one["recovery"]
        told.append(f"{one['name']} {found['rmsd_ens'][-1]:.2f} Å, coverage "
                    f"{found['coverage']:.2f}, hardest {found['hardest']}")  # fmt: skip
    at = floor["sizes"].index(min(record["ensembles"][0]["n_sample"], floor["sizes"][-1]))
    return (
        f"RMSDens over the {len(floor['names'])} states below: {'; '.join(told)}. Floor: "
        f"{floor['rmsd_ens'][at]:.2f} ± {floor['rmsd_ens_sd'][at]:.2f} Å for as many frames of the "
        f"reference. Static: {sum(static) / len(static):.2f} Å."
    )


def _state_rows(record: dict) -> list[list[str]]:
    states = record["states"]
    return [
        [
            str(s + 1),
            f"{states['population'][s]:.3f} ± {states['population_error'][s]:.3f}",
            *(
                f"{one['population'][s]:.3f} ± {one['population_error'][s]:.3f}"
                for one in record["ensembles"]
            ),
        ]
        for s in range(len(states["population"]))
    ]


def _table(heads: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---"] + ["--:"] * (len(heads) - 1)
    return ["| " + " | ".join(line) + " |" for line in (heads, rule, *rows)]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("protein", nargs="*", default=list(proteins.names()))
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--records", type=Path, default=RESULTS, help="where records lie")
    parser.add_argument("--docs", type=Path, default=DOCS, help="where the page goes")
    parser.add_argument("--page", action="store_true", help="from the records, without sampling")
    options = parser.parse_args(arguments)
    if not options.page:
        for name in options.protein:
            measure(name, options.samples, options.seed, options.records, options.docs)
    path = options.docs / "results.md"
    path.write_text(page(options.records), encoding="utf-8")
    print(f"written: {path}")


if __name__ == "__main__":
    main()
