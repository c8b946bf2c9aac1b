import { fireEvent, render } from "@testing-library/preact";
import { describe, expect, it, vi } from "vitest";
import type { Parameter, Temperature } from "../../src/parameters/state";
import { etaOf, isExtrapolated, kelvinOf } from "../../src/parameters/temperature";
import { TemperatureField } from "../../src/parameters/temperature-field";

const temperature: Temperature = { hot: 450, cold: 300, default: 350, label: "350 K", note: "" };
const parameter: Parameter = { limits: [-0.1, 1.2] as [number, number], value: etaOf(350, temperature), min: -0.1, max: 1.2, default: 0.571, disabled_reason: "", window: [1, 0] };

function show(changes: { parameter?: Partial<Parameter>; temperature?: Partial<Temperature> } = {}) {
  const set = { setEta: vi.fn(), setTemperature: vi.fn(), setWindow: vi.fn() };
  const page = render(
    <TemperatureField
      parameter={{ ...parameter, ...changes.parameter }}
      temperature={{ ...temperature, ...changes.temperature }}
      help=""
      {...set}
    />,
  );
  const field = (label: string) => page.getByLabelText(label) as HTMLInputElement;
  return { ...set, page, field, slider: field("Physical guidance strength η"), kelvin: field("Temperature (K)"), eta: field("η, number") };
}

describe("conversions", () => {
  // the table of tests/unit/models/test_temperature.py
  it.each([
    [450, 0],
    [400, 0.25],
    [360, 0.5],
    [350, 0.571],
    [340, 0.647],
    [327, 0.75],
    [300, 1],
  ])("%d K is η = %d", (kelvin, eta) => {
    expect(Math.abs(etaOf(kelvin, temperature) - eta)).toBeLessThan(3e-3);
    expect(kelvinOf(etaOf(kelvin, temperature), temperature)).toBeCloseTo(kelvin, 9);
  });

  it("extrapolate outside of the training", () => {
    expect([-0.05, 0, 1, 1.01].map(isExtrapolated)).toEqual([true, false, false, true]);
  });
});

describe("TemperatureField", () => {
  it("shows η and kelvin of the same setting, and the range in both", () => {
    const { page, slider, kelvin, eta } = show();
    expect([eta.value, kelvin.value]).toEqual(["0.571", "350"]);
    expect([slider.min, slider.max]).toEqual(["-0.1", "1.2"]);
    expect(slider.getAttribute("aria-valuetext")).toBe("η 0.57, 350 K");
    page.unmount();
  });

  it("sets whole kelvins with the slider, and shows them at once", () => {
    const { page, slider, setTemperature, kelvin, eta } = show();
    fireEvent.input(slider, { target: { value: "0.69" } });
    expect(setTemperature).toHaveBeenLastCalledWith(335);
    expect([kelvin.value, eta.value]).toEqual(["335", "0.687"]);
    for (const [end, bound] of [["-0.1", 474], ["1.2", 281]] as const) {
      fireEvent.input(slider, { target: { value: end } });
      expect(setTemperature).toHaveBeenLastCalledWith(bound);
    }
    page.unmount();
  });

  it("moves by every step of the keyboard", () => {
    for (let eta = -0.1; eta < 1.19; eta += 0.0125) {
      const [here, next] = [eta, eta + 0.0125].map((value) => Math.round(kelvinOf(value, temperature)));
      expect(next).toBeLessThan(here as number);
    }
  });

  it("sends typed kelvins and η, and keeps what was accepted", () => {
    const { page, kelvin, eta, setTemperature, setEta } = show();
    fireEvent.change(kelvin, { target: { value: "335,5" } });
    expect(setTemperature).toHaveBeenLastCalledWith(335.5);
    expect(kelvin.value).toBe("335.5");
    fireEvent.change(kelvin, { target: { value: "600" } });
    expect(setTemperature).toHaveBeenLastCalledWith(335.5);
    expect(page.getByRole("alert").textContent).toBe("600 is not accepted. Enter a number from 281 to 474 K.");
    expect(kelvin.value).toBe("335.5");
    fireEvent.change(eta, { target: { value: "0.25" } });
    expect(setEta).toHaveBeenLastCalledWith(0.25);
    page.unmount();
  });

  it("marks extrapolation", () => {
    const inside = show();
    expect(inside.page.queryByText(/extrapolation/)).toBeNull();
    inside.page.unmount();
    const { page, slider } = show({ parameter: { value: 1.1 } });
    expect(page.getByText(/extrapolation/)).toBeTruthy();
    expect(slider.getAttribute("aria-valuetext")).toContain("extrapolation");
    page.unmount();
  });

  it("says that the temperature is approximate, or varied and why", () => {
    const { page, kelvin } = show({ temperature: { label: "≈ 335 K", note: "The temperature is exact only at γ = 1." } });
    expect(page.getByLabelText("Temperature of the run").textContent).toBe("≈ 335 K");
    expect(kelvin.closest(".cd-parameter-head")?.textContent).toContain("≈");
    expect(page.container.textContent).toContain("exact only at γ = 1");
    page.unmount();
    const varied = show({ temperature: { label: "varied", note: "No single temperature: η was changed during the run." } });
    expect(varied.page.getByLabelText("Temperature of the run").textContent).toBe("varied");
    expect(varied.page.container.textContent).toContain("η was changed");
    varied.page.unmount();
  });

  it("resets to the default temperature", () => {
    const { page, setTemperature } = show({ parameter: { value: 0.9 } });
    fireEvent.click(page.getByLabelText("Reset the temperature to 350 K"));
    expect(setTemperature).toHaveBeenLastCalledWith(350);
    page.unmount();
    const unchanged = show();
    expect((unchanged.page.getByLabelText("Reset the temperature to 350 K") as HTMLButtonElement).disabled).toBe(true);
    unchanged.page.unmount();
  });
});
