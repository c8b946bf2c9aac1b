"""``confdiff represent``: compute or import sequence representations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ..errors import UserError
from ._arguments import find_device, find_targets
from ._console import messages, output


def represent(
    protein: Annotated[
        str, typer.Argument(help="Sequence, bundled protein, or FASTA, PDB or mmCIF file.")
    ],
    name: Annotated[
        str, typer.Option("--as", help="esm2-650M, esmfold-r3, openfold-r3, one-hot, ...")
    ] = "esmfold-r3",
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="Features to import (folder of the published scripts, or an NPZ), or a "
            "language model (esm2_*.pt, folder with ESMFold).",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for NPZ files (default: the cache).")
    ] = None,
    chain: Annotated[
        str | None, typer.Option(help="Chain of a structure file with several chains.")
    ] = None,
    half: Annotated[
        bool, typer.Option("--half", help="Run ESMFold's language model in half precision.")
    ] = False,
    sha256: Annotated[str | None, typer.Option(help="Required SHA-256 of an ESM-2 file.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, ... or auto.")] = "auto",
) -> None:
    """Compute or import a representation for sampling and training.

    Example: confdiff represent proteins.fasta --as esmfold-r3 --device cuda --out features
    """
    from ..files.writing import check_folder
    from ..geometry.residues import SequenceError
    from ..representations import find_representation
    from ..representations.cached import remember
    from ..representations.npz import write_npz

    if out is not None:
        check_folder(out)
    targets = find_targets(protein, chain=chain)
    device = find_device(device)
    representation = find_representation(
        name, features=source, device=device, half=half, sha256=sha256
    )
    failed = 0
    for target in targets:
        try:
            features = representation(target.checked())
        except SequenceError as error:
            if len(targets) == 1:
                raise
            failed += 1
            messages.print(Text.assemble((f"{target.name} failed:", "bold red"), f" {error}"))
            continue
        if out is None:
            path = remember(name, target.sequence, features)
        else:
            path = out / f"{target.name}.npz"
            write_npz(path, name, target.sequence, features)
        pair = "" if features.pair is None else f", {features.pair.shape[-1]} per pair"
        output.print(
            f"{target.name}: {len(target.sequence)} residues, {features.node.shape[-1]} features "
            f"per residue{pair}: {path}",
        )
    if failed:
        raise UserError(f"{failed} of {len(targets)} sequences failed; the others are written.")
