import { beforeEach, expect, test } from "vitest";
import { Molecule, setStructure, setValues } from "../../src/stage/molecule";
import type { Component } from "../../src/stage/ngl";
import { fakeComponent } from "./fake-component";

const TEMPLATE = "at 0,10,20,1,11,21,2,12,22,3,13,23";
const letters = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

let component: Component;
let log: string[];

beforeEach(() => {
  ({ component, log } = fakeComponent());
});

test("a residue's value reaches each of its atoms", () => {
  expect(setValues(component, Float32Array.of(0.5, 2))).toBe(true);
  expect([...component.structure.atomStore.bfactor]).toEqual([0.5, 0.5, 2, 2]);
  expect(setValues(component, Float32Array.of(0.5, 2))).toBe(false);
});

test("without letters, all is coil", () => {
  expect(setStructure(component)).toBe(true);
  expect([...component.structure.residueStore.sstruc]).toEqual([...letters("cc")]);
  expect(setStructure(component, letters("ce"))).toBe(true);
  expect(setStructure(component, letters("ce"))).toBe(false);
});

test("a representation is made while the atoms lie as in the template", () => {
  new Molecule(component).draw({ style: "tube", look: {}, positions: Float32Array.of(7) });
  expect(log).toEqual([TEMPLATE, "remove", "add tube", "at 7", "update"]);
  expect(component.visible).toBe(true);
});

test("frames of one style move atoms and make nothing anew", () => {
  const molecule = new Molecule(component);
  molecule.draw({ style: "tube", look: {}, positions: Float32Array.of(7) });
  log.length = 0;
  molecule.draw({ style: "tube", look: {}, positions: Float32Array.of(8) });
  expect(log).toEqual(["at 8", "update"]);
});

test("the same positions are not drawn twice, another look is set", () => {
  const molecule = new Molecule(component);
  const positions = Float32Array.of(7);
  molecule.draw({ style: "tube", look: { opacity: 1 }, positions });
  log.length = 0;
  molecule.draw({ style: "tube", look: { opacity: 0.2 }, positions });
  expect(log).toEqual(["setParameters"]);
});

test("another secondary structure builds the chain again, from the template", () => {
  const molecule = new Molecule(component);
  const positions = Float32Array.of(7);
  molecule.draw({ style: "cartoon", look: {}, positions });
  log.length = 0;
  molecule.draw({ style: "cartoon", look: {}, positions, structure: letters("ee") });
  expect(log).toEqual([TEMPLATE, "build", "at 7", "update"]);
});
