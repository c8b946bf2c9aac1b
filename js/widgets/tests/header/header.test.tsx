import { render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import { Header } from "../../src/header/header";
import type { HeaderState } from "../../src/header/state";

const state: HeaderState = {
  number: 1,
  title: "Chignolin",
  sequence: "YYDPETGTWY",
  guidance: "temperature guidance 335 K",
  status: "running",
  message: "",
  step: 3,
  steps: 40,
  t: 0.9,
  rate: 8,
  seed: { value: 7, locked: false },
  device: "cpu",
  fixed: "",
  validity: { count: 8, valid: 7, clash: 1, broken: 0 },
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

it("reports a stopped kernel and disables the transport", () => {
  const page = render(<Header state={state} send={vi.fn()} link="gone" />);
  expect(page.getByRole("alert").textContent).toContain("The kernel has stopped. Run the cell again");
  expect(page.container.querySelector<HTMLElement>(".cd-transport")?.inert).toBe(true);
  expect((page.getByText("❚❚ Pause") as HTMLButtonElement).disabled).toBe(true);
  page.unmount();
});

it("shows where a run was restored from, and why a button is disabled", () => {
  const restored = "/home/me/confdiff_runs/20261126-chignolin/01-A";
  const page = render(<Header state={{ ...state, status: "finished", restored }} send={vi.fn()} />);
  expect(page.getByText("Restored from 20261126-chignolin/01-A").title).toBe(restored);
  const stop = page.getByRole("button", { name: /Stop/ }) as HTMLButtonElement;
  expect([stop.disabled, stop.title]).toEqual([true, "End the run here and keep its steps (unavailable: nothing is running)"]);
  page.unmount();
});

it("counts the failed checks and lists all of them", () => {
  const checks = [
    { text: "Networks: bundled.", passed: true },
    { text: "Energies: none.", passed: false },
    { text: "Saving: later.", passed: null },
  ];
  const page = render(<Header state={{ ...state, checks }} send={vi.fn()} />);
  expect(page.getByText("Self-check ⚠ 1")).toBeTruthy();
  expect(page.getByLabelText("About the self-check").textContent).toContain("✓ Networks: bundled.\n⚠ Energies: none.\n… Saving: later.");
  page.rerender(<Header state={{ ...state, checks: checks.slice(0, 1) }} send={vi.fn()} />);
  expect(page.getByText("Self-check ✓")).toBeTruthy();
  page.unmount();
});

it("counts invalid conformers and says that they are kept", () => {
  const page = render(<Header state={state} send={vi.fn()} />);
  const badge = page.getByText("⚠ 1/8 invalid");
  expect(badge.title).toBe("1 of 8 invalid: 1 clash; still shown and saved");
  page.rerender(<Header state={{ ...state, validity: { count: 8, valid: 8, clash: 0, broken: 0 } }} send={vi.fn()} />);
  expect(page.getByText("✓ 8/8 valid")).toBeTruthy();
  page.unmount();
});
