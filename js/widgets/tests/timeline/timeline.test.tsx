import { fireEvent, render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import type { TimelineState } from "../../src/timeline/state";
import { forkDisabledReason, position } from "../../src/timeline/state";
import { Timeline } from "../../src/timeline/timeline";

const branch = { name: "A", title: "A", color: "red", temperature: "", parent: null, fork: 0, completed: 3, steps: 5, settings: "γ 1 · seed 7", flags: [] };
const state: TimelineState = {
  branches: [branch, { ...branch, name: "B", title: "γ off", parent: "A" }],
  current: "A",
  compared: null,
  times: [1, 0.8, 0.6, 0.4, 0.2, 0],
  step: 2,
  live: false,
  undo: "",
};

it("seeks no further than the last completed step", () => {
  const send = vi.fn();
  const page = render(<Timeline state={state} send={send} />);
  fireEvent.input(page.getByLabelText("Step"), { target: { value: "5" } });
  expect(send).toHaveBeenCalledWith({ seek: 3 });
  page.unmount();
});

it("shows the t of a step if it is known", () => {
  const page = render(<Timeline state={state} send={vi.fn()} />);
  expect(page.container.querySelector(".cd-step")?.textContent).toBe("step 2, t 0.60");
  page.rerender(<Timeline state={{ ...state, times: [] }} send={vi.fn()} />);
  expect(page.container.querySelector(".cd-step")?.textContent).toBe("step 2");
  page.unmount();
});

it("branches where steps are left, and otherwise says why it cannot", () => {
  const send = vi.fn();
  const page = render(<Timeline state={state} send={send} />);
  fireEvent.click(page.getByText("Branch here"));
  expect(send).toHaveBeenCalledWith({ fork: 2 });
  expect(forkDisabledReason(state, 5)).toContain("go back");
  expect(forkDisabledReason({ ...state, branches: [{ ...branch, completed: 0 }] }, 2)).toContain("press Run first");
  page.rerender(<Timeline state={{ ...state, step: 5 }} send={send} />);
  expect((page.getByText("Branch here") as HTMLButtonElement).disabled).toBe(true);
  page.unmount();
});

it("branches at the step that the user moved to before Python has answered", () => {
  const send = vi.fn();
  const page = render(<Timeline state={{ ...state, branches: [{ ...branch, completed: 5 }], step: 5 }} send={send} />);
  fireEvent.input(page.getByLabelText("Step"), { target: { value: "1" } });
  expect(page.container.querySelector(".cd-step")?.textContent).toBe("step 1, t 0.80");
  fireEvent.click(page.getByText("Branch here"));
  expect(send).toHaveBeenLastCalledWith({ fork: 1 });
  expect(page.container.querySelector(".cd-step")?.textContent).toContain("step 5");
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

it("positions steps, also of a run without steps", () => {
  expect([position(2, 8), position(0, 0)]).toEqual([25, 0]);
});

it("lists all runs with their settings, and undoes", () => {
  const send = vi.fn();
  const page = render(<Timeline state={{ ...state, undo: "remove C" }} send={send} />);
  expect(page.container.textContent).not.toContain("seed 7");
  fireEvent.click(page.getByText("Runs (2)", { exact: false }));
  expect(page.getByText("3/5 · γ 1 · seed 7 · from A, step 0")).toBeTruthy();
  fireEvent.click(page.getByText("↶ Undo remove C"));
  expect(send).toHaveBeenLastCalledWith({ undo: true });
  page.unmount();
});
