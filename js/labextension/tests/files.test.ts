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
  ["a.pdb.gz", false, false],
  ["a.fab", false, false],
])("%s: sample %s, open %s", (name, sample, open) => {
  expect(canSample(name)).toBe(sample);
  expect(canOpen(name)).toBe(open);
});
