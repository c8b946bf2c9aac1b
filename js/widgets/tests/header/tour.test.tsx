import { fireEvent, render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import { Header } from "../../src/header/header";
import type { HeaderState } from "../../src/header/state";
import { STOPS } from "../../src/header/tour";

const state: HeaderState = {
  number: 1,
  title: "Chignolin",
  sequence: "YYDPETGTWY",
  guidance: "",
  status: "ready",
  message: "",
  step: 0,
  steps: 40,
  t: 1,
  rate: 0,
  seed: { value: 7, locked: false },
  device: "cpu",
  fixed: "",
  validity: null,
  speed: null,
  saved: "",
  restored: "",
  checks: [],
  tour: true,
};

it("shows and highlights each stop, and ends", () => {
  const root = document.createElement("div");
  root.className = "confdiff-explorer";
  document.body.append(root);
  const page = render(<Header state={state} send={vi.fn()} />, { container: root });
  expect(root.querySelector(".cd-transport")?.classList).toContain("cd-highlighted");
  for (const { title } of STOPS) {
    expect(page.getByLabelText("Guided tour").textContent).toContain(title);
    fireEvent.click(page.getByText(/^(Next|Done)$/));
  }
  expect(page.queryByLabelText("Guided tour")).toBeNull();
  expect(root.querySelector(".cd-highlighted")).toBeNull();
  fireEvent.click(page.getByText("Tour"));
  expect(page.getByLabelText("Guided tour").textContent).toContain(STOPS[0].title);
  page.unmount();
});

it("shows no tour by default", () => {
  const page = render(<Header state={{ ...state, tour: false }} send={vi.fn()} />);
  expect(page.queryByLabelText("Guided tour")).toBeNull();
  page.unmount();
});
