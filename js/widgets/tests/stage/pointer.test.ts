import { expect, test } from "vitest";
import type { Atom, Hit } from "../../src/stage/ngl";
import { under } from "../../src/stage/pointer";
import { fakeComponent } from "./fake-component";

const atom: Atom = { residueIndex: 3, resname: "GLY", resno: 4 };
const slots = [fakeComponent(), fakeComponent()];
const hit = (part: Partial<Hit>) => part as Hit;

test("the conformer is the place of its component", () => {
  expect(under(hit({ atom, component: slots[1].component }), slots)).toEqual({
    atom,
    conformer: 1,
  });
});

test("a bond stands for its nearer atom", () => {
  expect(under(hit({ closestBondAtom: atom, component: slots[0].component }), slots)).toEqual({
    atom,
    conformer: 0,
  });
});

test("the ghost is no conformer, and empty space is nothing", () => {
  const ghost = fakeComponent().component;
  expect(under(hit({ atom, component: ghost }), slots)).toEqual({ atom, conformer: null });
  expect(under(undefined, slots)).toEqual({ atom: undefined, conformer: null });
});
