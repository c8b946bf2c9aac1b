"""The table of a path: one row per image with its arc length and log density."""

from __future__ import annotations

import csv
import io

from .pathway import Pathway


def path_table(path: Pathway) -> str:
    """Return the images of a path as CSV.

    ``minus_log_density_kt`` is 0 at the start. It is no free energy; see :meth:`Pathway.profile`.
    """
    profile = path.profile()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "arc_length_angstrom", "minus_log_density_kt"])
    for k, (arc, value) in enumerate(zip(profile.arc, profile.values, strict=True), start=1):
        writer.writerow([k, f"{arc:.4f}", f"{value:.4f}"])
    return text.getvalue()
