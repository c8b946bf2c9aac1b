import { fireEvent, render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import type { TimelineState } from "../../src/timeline/state";
import { place, whyNoFork } from "../../src/timeline/state";
import { Timeline } from "../../src/timeline/timeline";

const branch = { name: "A", title: "A", color: "red", parent: null, fork: 0, made: 3, steps: 5, flags: [] };
const state: TimelineState = {
  branches: [branch, { ...branch, name: "B", title: "γ off", parent: "A" }],
  current: "A",
  compared: null,
  times: [1, 0.8, 0.6, 0.4, 0.2, 0],
  at: 2,
  live: false,
};

it("scrubs no farther than the run has come", () => {
  const send = vi.fn();
  const page = render(<Timeline state={state} send={send} />);
  fireEvent.input(page.getByLabelText("Step that is shown"), { target: { value: "5" } });
  expect(send).toHaveBeenCalledWith({ scrub: 3 });
  page.unmount();
});

it("says the t of a step, and none where it knows none", () => {
  const page = render(<Timeline state={state} send={vi.fn()} />);
  expect(page.container.querySelector(".cd-at")?.textContent).toBe("step 2, t 0.60");
  page.rerender(<Timeline state={{ ...state, times: [] }} send={vi.fn()} />);
  expect(page.container.querySelector(".cd-at")?.textContent).toBe("step 2");
  page.unmount();
});

it("branches where something is left to do, and says why not elsewhere", () => {
  const send = vi.fn();
  const page = render(<Timeline state={state} send={send} />);
  fireEvent.click(page.getByText("Branch here"));
  expect(send).toHaveBeenCalledWith({ fork: 2 });
  expect(whyNoFork(state, 5)).toContain("scrub back");
  expect(whyNoFork({ ...state, branches: [{ ...branch, made: 0 }] }, 2)).toContain("run first");
  page.rerender(<Timeline state={{ ...state, at: 5 }} send={send} />);
  expect((page.getByText("Branch here") as HTMLButtonElement).disabled).toBe(true);
  page.unmount();
});

it("branches at the step that a person moved to, before Python has answered", () => {
  const send = vi.fn();
  const page = render(<Timeline state={{ ...state, branches: [{ ...branch, made: 5 }], at: 5 }} send={send} />);
  fireEvent.input(page.getByLabelText("Step that is shown"), { target: { value: "1" } });
  expect(page.container.querySelector(".cd-at")?.textContent).toBe("step 1, t 0.80");
  fireEvent.click(page.getByText("Branch here"));
  expect(send).toHaveBeenLastCalledWith({ fork: 1 });
  expect(page.container.querySelector(".cd-at")?.textContent).toContain("step 5");
  page.unmount();
});

it("compares, renames and removes branches", () => {
  const send = vi.fn();
  const page = render(<Timeline state={state} send={send} />);
  fireEvent.click(page.getByLabelText("Compare with branch B"));
  fireEvent.change(page.getByLabelText("Title of branch B"), { target: { value: "new" } });
  fireEvent.click(page.getByLabelText("Remove branch B"));
  expect(send.mock.calls).toEqual([[{ compare: "B" }], [{ rename: { name: "B", title: "new" } }], [{ remove: "B" }]]);
  page.unmount();
});

it("knows places on a film without steps", () => {
  expect([place(2, 8), place(0, 0)]).toEqual([25, 0]);
});
