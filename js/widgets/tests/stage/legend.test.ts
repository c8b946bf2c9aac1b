import { expect, test } from "vitest";
import { LegendBox } from "../../src/stage/legend";

const GRADIENT = { title: "RMSF (Å)", labels: ["0", "3"], colors: ["#000", "#fff"], separate: false };
const CHIPS = { title: "", labels: ["coil", "helix"], colors: ["#aaa", "#bbb"], separate: true };

test("a gradient lies between its two labels", () => {
  const box = new LegendBox();
  box.show(GRADIENT);
  expect([...box.el.children].map((part) => part.textContent)).toEqual(["RMSF (Å)", "0", "", "3"]);
});

test("chips come one before each label, and nothing is left of what was shown before", () => {
  const box = new LegendBox();
  box.show(GRADIENT);
  box.show(CHIPS);
  expect([...box.el.children].map((part) => part.textContent)).toEqual(["", "coil", "", "helix"]);
  box.show(null);
  expect(box.el.childElementCount).toBe(0);
});

test("markup in a label stays text", () => {
  const box = new LegendBox();
  box.show({ ...GRADIENT, title: "<b>x</b>" });
  expect(box.el.querySelector("b")).toBeNull();
});
