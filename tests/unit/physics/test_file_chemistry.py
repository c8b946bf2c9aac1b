"""Labels compute the molecule that a file holds, or refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import mdtraj
import numpy as np
import openmm
import pytest
import torch
from openmm import app

from confdiff_widgets.ensembles import Ensemble
from confdiff_widgets.errors import UserError
from confdiff_widgets.geometry.residues import LETTERS
from confdiff_widgets.physics import (
    Chemistry,
    EnergyConfig,
    EnergyEvaluator,
    PhysicsError,
    make_molecule,
)
from confdiff_widgets.physics.chemistry import CAPS
from confdiff_widgets.physics.molecular_ensemble import read_molecules

from .conftest import extended_chain

FORCE_FIELD = EnergyConfig().force_field
UP = np.array([0.0, 0.0, 1.0])
GENERIC = {
    "HIE": "HIS", "HID": "HIS", "HIP": "HIS", "ASH": "ASP", "GLH": "GLU", "LYN": "LYS",
    "CYM": "CYS", "CYX": "CYS",
}  # fmt: skip


@dataclass
class File:
    """A molecule with all atoms, which is written as a PDB file."""

    residues: list[str]
    atoms: list[tuple[int, str, np.ndarray]]  # residue, name, position in Å

    def write(self, path: Path, frames: int = 1) -> Path:
        topology = mdtraj.Topology()
        chain = topology.add_chain()
        added = []
        for number, name in enumerate(self.residues):
            added.append(topology.add_residue(name, chain, resSeq=number + 1))
        order = sorted(range(len(self.atoms)), key=lambda k: self.atoms[k][0])
        for k in order:
            residue, name, _ = self.atoms[k]
            symbol = name if name in ("ZN", "CL") else name.lstrip("123")[0]
            topology.add_atom(name, mdtraj.element.get_by_symbol(symbol), added[residue])
        xyz = np.array([self.atoms[k][2] for k in order])[None].repeat(frames, 0)
        mdtraj.Trajectory(xyz / 10, topology).save_pdb(str(path))
        return path

    def without(self, *names: str, residue: int | None = None) -> File:
        kept = [a for a in self.atoms if a[1] not in names or residue not in (None, a[0])]
        return File(self.residues, kept)

    @property
    def heavy(self) -> File:
        return File(self.residues, [a for a in self.atoms if a[1].lstrip("123")[0] != "H"])

    def called(self, names: dict[str, str]) -> File:
        return File([names.get(name, name) for name in self.residues], self.atoms)

    def adding(self, residue: int, name: str, position: np.ndarray) -> File:
        return File(self.residues, [*self.atoms, (residue, name, position)])

    def position(self, residue: int, name: str) -> np.ndarray:
        return next(a[2] for a in self.atoms if a[:2] == (residue, name))


def build(chemistry: Chemistry) -> File:
    """Build an extended chain with hydrogens; bonded sulphurs are moved to each other."""
    sequence = chemistry.sequence
    start, length = len(chemistry.start) > 0, len(sequence)
    whole = extended_chain("A" * start + sequence + "A" * (len(chemistry.end) > 0))
    atom14 = whole[start : start + length].copy()
    for i, j in chemistry.disulphides:
        atom14[j, 5] = atom14[i, 5] + 2.05 * UP
    caps = {
        "ACE": (whole[0, 1], whole[0, 2], whole[0, 3]),
        "NME": (whole[-1, 0], whole[-1, 1]),
        "NH2": (whole[-1, 0],),
    }
    rows = np.zeros((len(chemistry.caps), 14, 3))
    for row, name in zip(rows, chemistry.caps, strict=True):
        row[: len(caps[name])] = caps[name]
    molecule = make_molecule(chemistry, FORCE_FIELD)
    positions = molecule.all_atoms(np.concatenate([atom14, rows]))
    names = [*([chemistry.start] * start), *chemistry.residues]
    names += [chemistry.end] if chemistry.end else []
    first = [CAPS[name][0] if name in CAPS else "N" for name in names]
    number, atoms = 0, []
    for k, name in enumerate(molecule.names):
        if k and number + 1 < len(names) and name == first[number + 1]:
            number += 1
        atoms.append((number, name, positions[k]))
    return File(names, atoms)


FORMS = [
    Chemistry.standard(LETTERS),
    Chemistry(("GLY", "HID", "HIE", "HIP", "ALA")),
    Chemistry(("GLY", "ASH", "GLH", "LYN", "CYM", "ALA")),
    Chemistry(("ASH", "ALA", "LYN"), "ACE", "NME"),
    Chemistry(("ALA", "GLY"), "ACE"),
    Chemistry(("ALA", "GLY"), "", "NH2"),
    Chemistry(("ALA",), "ACE", "NME"),
    Chemistry(("GLY", "CYX", "ALA", "CYX", "CYS"), disulphides=((1, 3),)),
    Chemistry(("CYX", "CYX", "GLY", "CYX", "CYX"), disulphides=((0, 3), (1, 4))),
    Chemistry(("PRO", "HIE", "PRO")),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.describe())
@pytest.mark.parametrize("names", ["stated", "generic"])
def test_files_with_hydrogens_keep_their_form(form, names, tmp_path):
    """Hydrogens alone, or with the names of ff14SB, tell the form; the order of atoms does not."""
    file = build(form).called(GENERIC if names == "generic" else {})
    found = read_molecules(file.write(tmp_path / "a.pdb", frames=2))
    assert found.chemistry == form
    assert len(found) == 2
    assert "hydrogens are placed anew" in found.notes
    assert not any("OXT" in note or "left out" in note for note in found.notes)
    shift = found.ensemble.atom14[0, 0, 1].numpy() - file.position(bool(form.start), "CA")
    for row, name in zip(found.caps[1], form.caps, strict=True):
        residue = 0 if name == "ACE" else len(file.residues) - 1
        expected = [file.position(residue, atom) + shift for atom in CAPS[name]]
        np.testing.assert_allclose(row[: len(expected)], expected, atol=2e-3)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.describe())
def test_files_without_hydrogens_keep_the_form_that_names_state(form, tmp_path):
    found = read_molecules(build(form).heavy.write(tmp_path / "a.pdb"))
    assert found.chemistry == form
    assert "hydrogens are added" in found.notes


def test_other_names_of_the_same_form(tmp_path):
    form = Chemistry(("GLY", "HID", "HIE", "HIP", "ALA"), "ACE", "NME")
    file = build(form).called({"HID": "HSD", "HIE": "HSE", "HIP": "HSP"})
    for i, (residue, name, position) in enumerate(file.atoms):
        if file.residues[residue] == "NME" and name == "C":
            file.atoms[i] = (residue, "CH3", position)
    assert read_molecules(file.write(tmp_path / "a.pdb")).chemistry == form
    amide = build(Chemistry(("ALA", "GLY"), "", "NH2")).called({"NH2": "NHE"})
    assert read_molecules(amide.write(tmp_path / "b.pdb")).chemistry.end == "NH2"


def test_generic_names_without_hydrogens_have_the_standard_form(tmp_path):
    form = Chemistry(("GLY", "HID", "ASH", "CYS", "GLH", "LYN", "ALA"))
    file = build(form).heavy.called(GENERIC)
    found = read_molecules(file.without("OXT").write(tmp_path / "a.pdb"))
    assert found.chemistry == Chemistry.standard("GHDCEKA")
    assert any("OXT of ALA7 is added" in note for note in found.notes)


@pytest.mark.parametrize("suffix", ["xtc", "dcd", "nc"])
def test_trajectories_have_the_form_of_their_topology(tmp_path, suffix):
    form = Chemistry(("GLY", "CYX", "GLH", "CYX"), "ACE", "NME", ((1, 3),))
    build(form).write(tmp_path / "frames.pdb", frames=5)
    trajectory = mdtraj.load(str(tmp_path / "frames.pdb"))
    trajectory.save(str(tmp_path / f"a.{suffix}"))
    build(form).write(tmp_path / "top.pdb")
    found = read_molecules(tmp_path / f"a.{suffix}", tmp_path / "top.pdb")
    assert (found.chemistry, found.caps.shape) == (form, (5, 2, 14, 3))
    assert found.atom14.shape == (5, 6, 14, 3)
    structure = read_molecules(tmp_path / "top.pdb")
    np.testing.assert_allclose(found.caps[3], structure.caps[0], atol=0.02)  # XTC rounds


def test_end_groups_on_the_other_side_of_the_box(tmp_path):
    form = Chemistry(("GLY", "ALA", "ALA"), "ACE", "NME")
    build(form).write(tmp_path / "a.pdb", frames=2)
    trajectory = mdtraj.load(str(tmp_path / "a.pdb"))
    whole = read_molecules(tmp_path / "a.pdb")
    trajectory.unitcell_lengths = np.full((2, 3), 3.0)
    trajectory.unitcell_angles = np.full((2, 3), 90.0)
    cap = trajectory.topology.select("resname NME")
    trajectory.xyz[1, cap] += [3.0, 0.0, -3.0]
    trajectory.save(str(tmp_path / "a.xtc"))
    found = read_molecules(tmp_path / "a.xtc", tmp_path / "a.pdb")
    np.testing.assert_allclose(found.caps, whole.caps, atol=0.02)


@pytest.mark.parametrize("form", FORMS[1:], ids=lambda form: form.describe())
def test_energies_are_those_of_openmm_for_the_file(form, tmp_path):
    """OpenMM assigns the residues of ff14SB to the file by their atoms and bonds."""
    path = build(form).called(GENERIC).write(tmp_path / "a.pdb")
    file = app.PDBFile(str(path))
    system = app.ForceField(*FORCE_FIELD).createSystem(file.topology)
    platform = openmm.Platform.getPlatformByName("Reference")
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), platform)
    context.setPositions(file.positions)
    expected = context.getState(energy=True).getPotentialEnergy()._value / 4.184
    molecule = make_molecule(form, FORCE_FIELD)
    evaluator = EnergyEvaluator(molecule, EnergyConfig(platform="Reference", minimise=False))
    positions = np.array(file.positions._value) * 10
    found = evaluator.evaluate(positions)
    assert found.components.sum() == pytest.approx(expected, rel=1e-9, abs=1e-6)


# --- disulphides --------------------------------------------------------------------------------


def test_ensembles_have_the_disulphides_of_all_conformers(tmp_path):
    form = Chemistry(("GLY", "CYX", "ALA", "CYX"), disulphides=((1, 3),))
    once = read_molecules(build(form).write(tmp_path / "a.pdb")).ensemble.atom14
    torn = once.clone()
    torn[:, 3, 5] += 3.0
    Ensemble(once.repeat(4, 1, 1, 1), "GCAC").save(tmp_path / "all.npz")
    found = read_molecules(tmp_path / "all.npz")
    assert (found.chemistry, found.notes) == (form, ())
    Ensemble(torch.cat([once, torn, torn]), "GCAC").save(tmp_path / "some.npz")
    found = read_molecules(tmp_path / "some.npz")
    assert found.chemistry == Chemistry.standard("GCAC")
    assert "C2 and C4 are at a bonded distance in 1 of 3 conformers" in found.notes[0]


def test_reduced_cysteines_stay_reduced(tmp_path):
    """Hydrogens on sulphur tell that there is no bond, however close the sulphurs are."""
    form = Chemistry.standard("GCAC")
    file = build(form)
    close = file.position(1, "SG") + 2.5 * UP
    moved = file.without("SG", "HG", residue=3).adding(3, "SG", close)
    moved = moved.adding(3, "HG", close + 1.34 * UP)
    assert read_molecules(moved.write(tmp_path / "a.pdb")).chemistry == form


# --- refusals -----------------------------------------------------------------------------------


def refusals() -> dict[str, tuple[File, str]]:
    standard = build(Chemistry.standard("GYRSDHCKA"))
    capped = build(Chemistry(("ALA", "GLY", "ALA"), "ACE", "NME"))
    far = np.array([50.0, 0.0, 0.0])
    beside = standard.position(7, "NZ")
    ligand = File([*standard.residues, "LIG"], standard.atoms)
    return {
        "tyrosinate": (standard.without("HH", residue=1), "TYR2 has the polar hydrogens none"),
        "neutral arginine": (standard.without("HE"), "ARG3 .*2 on NH1, 2 on NH2"),
        "alkoxide": (standard.without("HG", residue=3), "SER4 has the polar hydrogens none"),
        "proton on the first oxygen": (
            standard.adding(4, "HD1", standard.position(4, "OD1") + UP),
            r"ASP5 has the polar hydrogens 1 on OD1, and ff14SB has .*ASH \(1 on OD2\)",
        ),
        "name against hydrogens": (standard.called({"HIE": "HID"}), "HID6 .*HID .1 on ND1"),
        "bridge without a partner": (standard.heavy.called({"CYS": "CYX"}), "C7 is called CYX"),
        "neutral N-terminus": (standard.without("H3", residue=0), "N-terminus GLY1 is neutral"),
        "protonated C-terminus": (
            standard.adding(8, "HXT", standard.position(8, "OXT") + UP),
            "C-terminus ALA9 is protonated",
        ),
        "modified residue": (
            standard.adding(3, "P", standard.position(3, "OG") + 1.6 * UP),
            "SER4 has the atoms P",
        ),
        "patch of CHARMM": (
            standard.adding(0, "CAY", standard.position(0, "N") + 1.5 * UP),
            "GLY1 has the atoms CAY",
        ),
        "bonded ligand": (ligand.adding(9, "C1", beside + 1.47 * UP), "LIG10 is bonded to"),
        "distant end group": (
            File(
                capped.residues,
                [(r, n, p + far * (capped.residues[r] == "NME")) for r, n, p in capped.atoms],
            ),
            "NME5 is not bonded to the end of the chain",
        ),
        "incomplete end group": (capped.without("CH3"), "ACE1 has no atom CH3"),
    }


@pytest.mark.parametrize("name", refusals())
def test_forms_that_ff14sb_lacks_are_refused(name, tmp_path):
    file, message = refusals()[name]
    with pytest.raises(UserError, match=message) as refusal:
        read_molecules(file.write(tmp_path / "a.pdb"))
    assert "a.pdb" in str(refusal.value)


@pytest.mark.parametrize("residues", [("ASH", "ALA"), ("ALA", "GLH"), ("LYN", "ALA")])
def test_protonation_states_at_charged_ends_are_refused(residues, tmp_path):
    capped = build(Chemistry(residues, "ACE", "NME"))
    inner = [(r - 1, n, p) for r, n, p in capped.heavy.atoms if 0 < r <= len(residues)]
    with pytest.raises(PhysicsError, match=r"ff14SB has no (N|C)-terminal"):
        read_molecules(File(list(residues), inner).write(tmp_path / "a.pdb"))


# --- reports ------------------------------------------------------------------------------------


def test_added_and_omitted_parts_are_reported(tmp_path):
    file = build(Chemistry.standard("GMA"))
    file = File([*file.residues, "HOH", "HOH", "ZN"], list(file.atoms)).without("OXT")
    for residue in (3, 4):
        file = file.adding(residue, "O", np.array([30.0, 0.0, 4.0 * residue]))
    file = file.adding(5, "ZN", np.array([30.0, 9.0, 0.0]))
    file.atoms = [(r, "SE" if n == "SD" else n, p) for r, n, p in file.heavy.atoms]
    notes = read_molecules(file.called({"MET": "MSE"}).write(tmp_path / "a.pdb")).notes
    assert notes == (
        "hydrogens are added",
        "the terminal oxygen OXT of ALA3 is added",
        "selenomethionine is computed as methionine: MSE2",
        "left out: 2 HOH, 1 ZN",
    )


def test_a_cut_chain_is_reported(tmp_path):
    """A part of a longer chain has one hydrogen at its first nitrogen."""
    file = build(Chemistry.standard("GAAG")).without("H2", "H3", residue=0).without("OXT")
    notes = read_molecules(file.write(tmp_path / "a.pdb")).notes
    assert any("the N-terminus GLY1 is charged" in note for note in notes)
