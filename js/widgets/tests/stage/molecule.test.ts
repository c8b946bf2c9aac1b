import { beforeEach, expect, test } from "vitest";
import { Molecule, setStructure, setValues } from "../../src/stage/molecule";
import type { Component } from "../../src/stage/ngl";
import { fakeComponent } from "./fake-component";

const TEMPLATE = "at 0,10,20,1,11,21,2,12,22,3,13,23";
const codes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

let component: Component;
let log: string[];

beforeEach(() => {
  ({ component, log } = fakeComponent());
});

test("a value of a residue is set for each of its atoms", () => {
  expect(setValues(component, Float32Array.of(0.5, 2))).toBe(true);
  expect([...component.structure.atomStore.bfactor]).toEqual([0.5, 0.5, 2, 2]);
  expect(setValues(component, Float32Array.of(0.5, 2))).toBe(false);
});

test("without codes, all residues are coil", () => {
  expect(setStructure(component)).toBe(true);
  expect([...component.structure.residueStore.sstruc]).toEqual([...codes("cc")]);
  expect(setStructure(component, codes("ce"))).toBe(true);
  expect(setStructure(component, codes("ce"))).toBe(false);
});

test("a representation is created while atoms are at the template", () => {
  new Molecule(component).draw({ style: "tube", appearance: {}, positions: Float32Array.of(7) });
  expect(log).toEqual([TEMPLATE, "remove", "add tube", "at 7", "update"]);
  expect(component.visible).toBe(true);
});

test("frames in the same style only move atoms", () => {
  const molecule = new Molecule(component);
  molecule.draw({ style: "tube", appearance: {}, positions: Float32Array.of(7) });
  log.length = 0;
  molecule.draw({ style: "tube", appearance: {}, positions: Float32Array.of(8) });
  expect(log).toEqual(["at 8", "update"]);
});

test("with the same positions, only a changed appearance is set", () => {
  const molecule = new Molecule(component);
  const positions = Float32Array.of(7);
  molecule.draw({ style: "tube", appearance: { opacity: 1 }, positions });
  log.length = 0;
  molecule.draw({ style: "tube", appearance: { opacity: 0.2 }, positions });
  expect(log).toEqual(["setParameters"]);
});

test("a changed secondary structure rebuilds the chain at the template", () => {
  const molecule = new Molecule(component);
  const positions = Float32Array.of(7);
  molecule.draw({ style: "cartoon", appearance: {}, positions });
  log.length = 0;
  molecule.draw({ style: "cartoon", appearance: {}, positions, structure: codes("ee") });
  expect(log).toEqual([TEMPLATE, "build", "at 7", "update"]);
});
