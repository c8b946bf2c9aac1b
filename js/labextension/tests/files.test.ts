import { expect, test } from "vitest";
import { canOpen, canSample } from "../src/files";

test.each([
  ["protein.fasta", true, false],
  ["protein.fa", true, false],
  ["1UAO.PDB", true, true],
  ["two.words here.cif", true, true],
  ["run.xtc", false, true],
  ["run.dcd", false, true],
  ["run.npz", false, true],
  ["notes.txt", false, false],
  ["pdb", false, false],
  ["a.pdb.gz", true, true],
  ["a.mmCIF", true, true],
  ["pdb1uao.ent", true, true],
  ["conf.gro", true, true],
  ["run.trr", false, true],
  ["run.nc", false, true],
  ["run.xtc.gz", false, false],
  ["._1UAO.pdb", false, false],
  [".pdb", false, false],
  ["a.fab", false, false],
])("%s: sample %s, open %s", (name, sample, open) => {
  expect(canSample(name)).toBe(sample);
  expect(canOpen(name)).toBe(open);
});
