import { expect, test } from "vitest";
import { arrowData, Arrows } from "../../src/stage/arrows";
import type { ArrowComponent } from "../../src/stage/ngl";

const POSITIONS = Float32Array.from({ length: 2 * 4 * 3 }, (_, i) => i);
const VECTORS = Float32Array.of(0, 0, 2, 0, 0, 0);

/** `log` records the calls to NGL. */
function fakeArrows() {
  const log: string[] = [];
  const component: ArrowComponent = {
    visible: true,
    reprList: [{ setParameters: (parameters) => log.push(JSON.stringify(parameters)) }],
    shape: { bufferList: [{ setAttributes: () => log.push("set") }] },
    setVisibility: (visible) => {
      component.visible = visible;
      log.push(visible ? "show" : "hide");
    },
  };
  const arrows = new Arrows(() => {
    log.push("create");
    return component;
  });
  return { arrows, log };
}

test("an arrow starts at the CA and has the colour of the conformer", () => {
  const { position1, position2, color } = arrowData(VECTORS, POSITIONS, "#ff0033");
  expect([...position1]).toEqual([3, 4, 5, 15, 16, 17]);
  expect([...position2]).toEqual([3, 4, 7, 15, 16, 17]);
  expect([...color.subarray(3)]).toEqual([1, 0, Math.fround(0.2)]);
});

test("a zero vector has no arrow", () => {
  const { radius } = arrowData(VECTORS, POSITIONS, "#000000");
  expect(radius[0]).toBeGreaterThan(0);
  expect(radius[1]).toBe(0);
});

test("arrows are created once, then updated or hidden", () => {
  const { arrows, log } = fakeArrows();
  arrows.hide();
  expect(log).toEqual([]);
  arrows.draw(VECTORS, POSITIONS, "#000000", 1);
  arrows.draw(VECTORS, POSITIONS, "#000000", 1);
  arrows.hide();
  arrows.hide();
  expect(log).toEqual(["create", "set", "hide"]);
});

test("arrows fade with their conformer", () => {
  const { arrows, log } = fakeArrows();
  arrows.draw(VECTORS, POSITIONS, "#000000", 0.2);
  expect(log).toEqual(["create", '{"opacity":0.2}']);
});
