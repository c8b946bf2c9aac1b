import { expect, test } from "vitest";
import { LegendBox } from "../../src/stage/legend";

const GRADIENT = { title: "RMSF (Å)", labels: ["0", "3"], colors: ["#000", "#fff"], separate: false };
const DOTS = { title: "", labels: ["coil", "helix"], colors: ["#aaa", "#bbb"], separate: true };

test("a gradient is shown between its two labels", () => {
  const box = new LegendBox();
  box.show(GRADIENT);
  expect([...box.el.children].map((part) => part.textContent)).toEqual(["RMSF (Å)", "0", "", "3"]);
});

test("each label has a dot, and the previous legend is removed", () => {
  const box = new LegendBox();
  box.show(GRADIENT);
  box.show(DOTS);
  expect([...box.el.children].map((part) => part.textContent)).toEqual(["", "coil", "", "helix"]);
  box.show(null);
  expect(box.el.childElementCount).toBe(0);
});

test("the scale of the arrows is above the colours, and remains without them", () => {
  const box = new LegendBox();
  box.show(DOTS, "arrow of 5 Å: 2 kT/Å");
  expect(box.el.children[0].textContent).toBe("→ arrow of 5 Å: 2 kT/Å");
  expect(box.el.childElementCount).toBe(5);
  box.show(null, "arrow of 5 Å: 1 kT/Å");
  expect(box.el.textContent).toBe("→ arrow of 5 Å: 1 kT/Å");
  box.show(null);
  expect(box.el.childElementCount).toBe(0);
});

test("markup in a label is shown as text", () => {
  const box = new LegendBox();
  box.show({ ...GRADIENT, title: "<b>x</b>" });
  expect(box.el.querySelector("b")).toBeNull();
});
