import { fireEvent, render } from "@testing-library/preact";
import { describe, expect, it, vi } from "vitest";
import { Knobs } from "../../src/knobs/knobs";
import { type KnobsState, onSlider, typed } from "../../src/knobs/state";

const knob = { value: 0.8, max: 1.5, default: 1, why: "", window: [1, 0] as [number, number] };
const state: KnobsState = {
  gamma: knob,
  eta: { ...knob, value: 0, default: 0, why: "no force head" },
  guidance: { value: "none", choices: [{ value: "force", label: "force", why: "no force head" }] },
  settings: { protein: "chignolin", model: "", solver: "dpm", steps: 40, samples: 16, t_start: 1, start: "none", fixed: "3-7", device: "cpu" },
  choices: { protein: [], model: [], solver: [], device: [] },
  estimate: "",
};

describe("Knobs", () => {
  it("turns γ with the slider", () => {
    const send = vi.fn();
    const page = render(<Knobs state={state} send={send} />);
    const slider = page.getByLabelText("γ: how much the sequence decides");
    fireEvent.input(slider, { target: { value: "0.75" } });
    expect(send).toHaveBeenCalledWith({ turn: { gamma: 0.75 } });
    page.unmount();
  });

  it("takes a typed number, with a comma too, and puts back what is none", () => {
    const send = vi.fn();
    const page = render(<Knobs state={state} send={send} />);
    const field = page.getByLabelText("γ, number") as HTMLInputElement;
    fireEvent.change(field, { target: { value: "2,5" } });
    expect(send).toHaveBeenCalledWith({ turn: { gamma: 2.5 } });
    send.mockClear();
    fireEvent.change(field, { target: { value: "much" } });
    expect(send).not.toHaveBeenCalled();
    expect(field.value).toBe("0.8");
    page.unmount();
  });

  it("takes a window of t, and puts back one that is empty", () => {
    const send = vi.fn();
    const page = render(<Knobs state={state} send={send} />);
    const from = page.getByLabelText("γ from t") as HTMLInputElement;
    fireEvent.change(from, { target: { value: "0.5" } });
    expect(send).toHaveBeenCalledWith({ window: { gamma: [0.5, 0] } });
    send.mockClear();
    fireEvent.change(from, { target: { value: "0" } });
    expect(send).not.toHaveBeenCalled();
    expect(from.value).toBe("1");
    page.unmount();
  });

  it("takes a sequence and a model by name or by path", () => {
    const send = vi.fn();
    const page = render(<Knobs state={state} send={send} />);
    fireEvent.change(page.getByLabelText("protein"), { target: { value: " GYDPETGTWG " } });
    expect(send).toHaveBeenLastCalledWith({ settings: { protein: "GYDPETGTWG" } });
    fireEvent.change(page.getByLabelText("or"), { target: { value: "runs/mine" } });
    expect(send).toHaveBeenLastCalledWith({ settings: { model: "runs/mine" } });
    page.unmount();
  });

  it("takes residues to hold, and none again", () => {
    const send = vi.fn();
    const page = render(<Knobs state={state} send={send} />);
    const field = page.getByLabelText("hold") as HTMLInputElement;
    expect(field.value).toBe("3-7");
    fireEvent.change(field, { target: { value: " 2,4-5 " } });
    expect(send).toHaveBeenLastCalledWith({ fix: "2,4-5" });
    fireEvent.change(field, { target: { value: "" } });
    expect(send).toHaveBeenLastCalledWith({ fix: "" });
    page.unmount();
  });

  it("says why η cannot be moved", () => {
    const page = render(<Knobs state={state} send={vi.fn()} />);
    expect((page.getByLabelText("η, number") as HTMLInputElement).disabled).toBe(true);
    expect(page.getByText("no force head")).toBeTruthy();
    page.unmount();
  });
});

it("keeps a number beyond the slider at its end", () => {
  expect(onSlider({ ...knob, value: 1e9 })).toBe(1.5);
  expect(onSlider({ ...knob, value: -1 })).toBe(0);
});

it("reads numbers", () => {
  expect([typed("1e9"), typed(" .5"), typed(""), typed("NaN"), typed("Infinity")]).toEqual([1e9, 0.5, null, null, null]);
});

it("has ids of its own when two Explorers are on the page", () => {
  const pages = [render(<Knobs state={state} send={vi.fn()} />), render(<Knobs state={state} send={vi.fn()} />)];
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(8);
  expect(new Set(ids).size).toBe(ids.length);
  for (const page of pages) page.unmount();
});

it("cannot start from a structure where there is none, and says why", () => {
  const page = render(<Knobs state={{ ...state, settings: { ...state.settings, start: "none" } }} send={vi.fn()} />);
  const structure = page.getByLabelText("a structure, noised to t") as HTMLInputElement;
  expect(structure.disabled).toBe(true);
  expect(page.container.textContent).toContain("choose a file below");
  page.unmount();
});
