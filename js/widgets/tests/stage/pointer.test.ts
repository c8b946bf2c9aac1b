import { expect, test } from "vitest";
import type { Atom, Hit } from "../../src/stage/ngl";
import { atPointer } from "../../src/stage/pointer";
import { fakeComponent } from "./fake-component";

const atom: Atom = { residueIndex: 3, resname: "GLY", resno: 4 };
const slots = [fakeComponent(), fakeComponent()];
const hit = (part: Partial<Hit>) => part as Hit;

test("the conformer is the index of its component", () => {
  expect(atPointer(hit({ atom, component: slots[1].component }), slots)).toEqual({
    atom,
    conformer: 1,
  });
});

test("a bond counts as its closest atom", () => {
  expect(atPointer(hit({ closestBondAtom: atom, component: slots[0].component }), slots)).toEqual({
    atom,
    conformer: 0,
  });
});

test("the ghost is not a conformer, and empty space has no atom", () => {
  const ghost = fakeComponent().component;
  expect(atPointer(hit({ atom, component: ghost }), slots)).toEqual({ atom, conformer: null });
  expect(atPointer(undefined, slots)).toEqual({ atom: undefined, conformer: null });
});
