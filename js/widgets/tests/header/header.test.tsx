import { render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import { Header } from "../../src/header/header";
import type { HeaderState } from "../../src/header/state";

const state: HeaderState = {
  number: 1,
  title: "Chignolin",
  sequence: "YYDPETGTWY",
  reference: "",
  status: "running",
  message: "",
  step: 3,
  steps: 40,
  t: 0.9,
  rate: 8,
  seed: { value: 7, locked: false },
  samples: 8,
  device: "cpu",
  held: "",
  clashes: 1,
  broken: 0,
  speed: null,
  saved: "",
  restored: "",
  checks: [],
  tour: false,
};

it("announces the status and not each step", () => {
  const page = render(<Header state={state} send={vi.fn()} />);
  expect(page.getByRole("status").textContent).toBe("running");
  expect(page.container.textContent).toContain("step 3/40");
  page.unmount();
});

it("says that the kernel is gone, and lets nobody press", () => {
  const page = render(<Header state={state} send={vi.fn()} link="gone" />);
  expect(page.getByRole("alert").textContent).toContain("The kernel is gone; run the cell again");
  expect(page.container.querySelector<HTMLElement>(".cd-transport")?.inert).toBe(true);
  expect((page.getByText("❚❚ Pause") as HTMLButtonElement).disabled).toBe(true);
  page.unmount();
});

it("says where a run was restored from, and why a button is off", () => {
  const restored = "/home/me/confdiff_runs/20261126-chignolin/01-A";
  const page = render(<Header state={{ ...state, status: "finished", restored }} send={vi.fn()} />);
  expect(page.getByText("restored from 20261126-chignolin/01-A").title).toBe(restored);
  const stop = page.getByRole("button", { name: /Stop/ }) as HTMLButtonElement;
  expect([stop.disabled, stop.title]).toEqual([true, "End the run here; what it made stays: not now, nothing runs"]);
  page.unmount();
});

it("counts what the self-check found wrong, and lists all", () => {
  const checks = [
    { text: "Networks: bundled.", good: true },
    { text: "Energies: none.", good: false },
    { text: "Saving: later.", good: null },
  ];
  const page = render(<Header state={{ ...state, checks }} send={vi.fn()} />);
  expect(page.getByText("self-check ⚠ 1")).toBeTruthy();
  expect(page.getByLabelText("About the self-check").textContent).toContain("✓ Networks: bundled.\n⚠ Energies: none.\n… Saving: later.");
  page.rerender(<Header state={{ ...state, checks: checks.slice(0, 1) }} send={vi.fn()} />);
  expect(page.getByText("self-check ✓")).toBeTruthy();
  page.unmount();
});
