import { fireEvent, render } from "@testing-library/preact";
import { describe, expect, it, vi } from "vitest";
import { Parameters } from "../../src/parameters/parameters";
import { onSlider, type ParametersState } from "../../src/parameters/state";
import { parseNumber } from "../../src/shared/number-input";

const parameter = { limits: [-10, 10] as [number, number], value: 0.8, min: 0, max: 1.5, default: 1, disabled_reason: "", window: [1, 0] };
const state: ParametersState = {
  gamma: parameter,
  eta: { ...parameter, value: 0, default: 0, disabled_reason: "no force head" },
  temperature: null,
  guidance: { value: "none", choices: [{ value: "force", label: "force", disabled_reason: "no force head" }], help: "Two heads." },
  settings: { protein: "chignolin", model: "", solver: "dpm", steps: 40, samples: 16, t_start: 1, structure: "none", fixed: "3-7", device: "cpu", reference: "", compared: "" },
  choices: { protein: [], model: [], solver: [], device: [] },
  limits: { steps: [1, 1000000], samples: [1, 1000000], t_start: [0.01, 1] },
  estimate: "",
};

describe("Parameters", () => {
  it("sets γ with the slider", () => {
    const send = vi.fn();
    const page = render(<Parameters state={state} send={send} />);
    const slider = page.getByLabelText("Classifier-free guidance scale γ");
    fireEvent.input(slider, { target: { value: "0.75" } });
    expect(send).toHaveBeenCalledWith({ set_parameters: { gamma: 0.75 } });
    page.unmount();
  });

  it("accepts typed numbers, also with a comma, and resets other text", () => {
    const send = vi.fn();
    const page = render(<Parameters state={state} send={send} />);
    const field = page.getByLabelText("γ, number") as HTMLInputElement;
    fireEvent.change(field, { target: { value: "2,5" } });
    expect(send).toHaveBeenCalledWith({ set_parameters: { gamma: 2.5 } });
    send.mockClear();
    fireEvent.change(field, { target: { value: "much" } });
    expect(send).not.toHaveBeenCalled();
    expect(field.value).toBe("0.8");
    expect(page.getByRole("alert").textContent).toBe("much is not accepted. Enter a number from -10 to 10.");
    page.unmount();
  });

  it("keeps the accepted number, and says at once that another one is out of range", () => {
    const send = vi.fn();
    const page = render(<Parameters state={state} send={send} />);
    for (const [label, typed, kept, problem] of [
      ["γ, number", "1e9", "0.8", "1e9 is not accepted. Enter a number from -10 to 10."],
      ["Steps", "0", "40", "0 is not accepted. Enter a whole number from 1 to 1000000."],
      ["Batch", "2.5", "16", "2.5 is not accepted. Enter a whole number from 1 to 1000000."],
    ]) {
      const field = page.getByLabelText(label) as HTMLInputElement;
      expect(problem).toContain(field.title);
      fireEvent.change(field, { target: { value: typed } });
      expect(field.value).toBe(kept);
      expect(page.getAllByRole("alert").at(-1)?.textContent).toBe(problem);
    }
    expect(send).not.toHaveBeenCalled();
    page.unmount();
  });

  it("accepts a window of t, and resets an empty one", () => {
    const send = vi.fn();
    const page = render(<Parameters state={state} send={send} />);
    const from = page.getByLabelText("γ from t") as HTMLInputElement;
    fireEvent.change(from, { target: { value: "0.5" } });
    expect(send).toHaveBeenCalledWith({ set_windows: { gamma: [0.5, 0] } });
    send.mockClear();
    fireEvent.change(from, { target: { value: "0" } });
    expect(send).not.toHaveBeenCalled();
    expect(from.value).toBe("1");
    page.unmount();
  });

  it("accepts a sequence, and a model by path", () => {
    const send = vi.fn();
    const page = render(<Parameters state={state} send={send} />);
    fireEvent.change(page.getByLabelText("Protein"), { target: { value: " GYDPETGTWG " } });
    expect(send).toHaveBeenLastCalledWith({ settings: { protein: "GYDPETGTWG" } });
    fireEvent.change(page.getByLabelText("Model file"), { target: { value: "runs/mine" } });
    expect(send).toHaveBeenLastCalledWith({ settings: { model: "runs/mine" } });
    page.unmount();
  });

  it("sets and clears fixed residues", () => {
    const send = vi.fn();
    const page = render(<Parameters state={state} send={send} />);
    const field = page.getByLabelText("Fixed") as HTMLInputElement;
    expect(field.value).toBe("3-7");
    fireEvent.change(field, { target: { value: " 2,4-5 " } });
    expect(send).toHaveBeenLastCalledWith({ fix_residues: "2,4-5" });
    fireEvent.change(field, { target: { value: "" } });
    expect(send).toHaveBeenLastCalledWith({ fix_residues: "" });
    page.unmount();
  });

  it("says why η cannot be changed", () => {
    const page = render(<Parameters state={state} send={vi.fn()} />);
    expect((page.getByLabelText("η, number") as HTMLInputElement).disabled).toBe(true);
    expect(page.getByText("no force head")).toBeTruthy();
    page.unmount();
  });
});

it("shows a value beyond the slider at its end", () => {
  expect(onSlider({ ...parameter, value: 1e9 })).toBe(1.5);
  expect(onSlider({ ...parameter, value: -1 })).toBe(0);
});

it("reads numbers", () => {
  expect([parseNumber("1e9"), parseNumber(" .5"), parseNumber(""), parseNumber("NaN"), parseNumber("Infinity")]).toEqual([1e9, 0.5, null, null, null]);
});

it("has unique ids when two Explorers are on the page", () => {
  const pages = [render(<Parameters state={state} send={vi.fn()} />), render(<Parameters state={state} send={vi.fn()} />)];
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(8);
  expect(new Set(ids).size).toBe(ids.length);
  for (const page of pages) page.unmount();
});

it("compares with a sequence and takes a reference, or none", () => {
  const send = vi.fn();
  const compared = { ...state, settings: { ...state.settings, compared: "GASPK", reference: "GASAK-md" } };
  const page = render(<Parameters state={compared} send={send} />);
  for (const [hint, name, now] of [
    ["sequence of equal length", "compare_sequence", "GASPK"],
    ["folder of confdiff md", "reference", "GASAK-md"],
  ]) {
    const field = page.getByPlaceholderText(hint) as HTMLInputElement;
    expect(field.value).toBe(now);
    for (const text of ["GAS", ""]) {
      fireEvent.change(field, { target: { value: text } });
      expect(send).toHaveBeenLastCalledWith({ [name]: text });
    }
  }
  page.unmount();
});

it("says why it cannot start from a structure", () => {
  const page = render(<Parameters state={{ ...state, settings: { ...state.settings, structure: "none" } }} send={vi.fn()} />);
  const structure = page.getByLabelText("Structure, noised to t") as HTMLInputElement;
  expect(structure.disabled).toBe(true);
  expect(page.container.textContent).toContain("choose a file below");
  page.unmount();
});
