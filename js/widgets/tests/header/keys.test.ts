import { fireEvent } from "@testing-library/preact";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchKeys } from "../../src/header/keys";

const run = vi.fn();
let root: HTMLElement;
let leave: () => void;

beforeEach(() => {
  root = document.createElement("div");
  root.innerHTML =
    "<button>Pause</button><input type=range><textarea></textarea><select></select><canvas></canvas>" +
    "<span role=radiogroup><button role=radio>x</button></span><details><summary>more</summary></details>";
  document.body.append(root);
  leave = watchKeys(root, () => "paused", run);
  run.mockClear();
});
afterEach(() => {
  leave();
  root.remove();
});

const press = (where: string, key: string, more = {}) => fireEvent.keyDown(root.querySelector(where) ?? root, { key, ...more });

it.each(["button", "canvas", "summary"])("→ steps with the focus on a %s", (where) => {
  press(where, "ArrowRight");
  expect(run.mock.calls).toEqual([["step"]]);
});

it.each(["input", "textarea", "select", "[role=radio]"])("leaves → to a %s", (where) => {
  press(where, "ArrowRight");
  expect(run).not.toHaveBeenCalled();
});

it("leaves space to elements that it presses, and runs elsewhere", () => {
  for (const where of ["button", "summary"]) press(where, " ");
  expect(run).not.toHaveBeenCalled();
  press("canvas", " ");
  expect(run.mock.calls).toEqual([["play"]]);
});

it("ignores key combinations, and all keys once it has ended", () => {
  press("canvas", "ArrowRight", { ctrlKey: true });
  leave();
  press("canvas", "ArrowRight");
  expect(run).not.toHaveBeenCalled();
});
