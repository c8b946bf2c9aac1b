import { act, cleanup, fireEvent, render } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Ensemble } from "../../src/ensemble/ensemble";
import { chosen, type EnsembleState, leftOut, sorted } from "../../src/ensemble/state";
import type { Heard } from "../../src/shared/listen";

const state: EnsembleState = {
  of: "3 conformers · result",
  columns: [
    { key: "conformer", label: "#", unit: "", hint: "", digits: 0 },
    { key: "openmm", label: "OpenMM energy", unit: "kcal/mol", hint: "", digits: 1 },
  ],
  values: { conformer: [0, 1, 2], openmm: [-3, null, -5] },
  count: 3,
  colors: ["red", "green", "blue"],
  flaws: ["", "clash", ""],
  selected: [],
  drawn: 8,
  kept: { sound: 2, clash: 1, broken: 0 },
  only_sound: false,
  takes: "all 3 conformers as",
  exports: [
    { kind: "csv", label: "CSV", hint: "This table", why: "" },
    { kind: "code", label: "Copy code", hint: "", why: "" },
  ],
  runs: [],
  told: "",
};

function shown(more: Partial<EnsembleState> = {}) {
  const send = vi.fn();
  const listeners: Heard[] = [];
  const listen = (hear: Heard) => {
    listeners.push(hear);
    return () => {};
  };
  const heard: Heard = (message, buffers) => listeners.forEach((hear) => hear(message, buffers));
  const draw = (now: Partial<EnsembleState>) => <Ensemble state={{ ...state, ...now }} send={send} listen={listen} />;
  const page = render(draw(more));
  const rows = () => [...page.container.querySelectorAll<HTMLElement>("tbody tr")];
  return { send, page, rows, hear: heard, again: (now: Partial<EnsembleState>) => page.rerender(draw(now)) };
}

const clipboard = (writeText?: () => Promise<void>) =>
  Object.defineProperty(navigator, "clipboard", { configurable: true, value: writeText && { writeText } });
afterEach(() => {
  clipboard();
  cleanup();
});

describe("Copy code", () => {
  const settle = async (hear: Heard) => act(async () => {
    hear({ text: "run.step()" }, []);
    await new Promise((resolve) => setTimeout(resolve));
  });

  it("says so once the browser has it", async () => {
    clipboard(() => Promise.resolve());
    const { page, hear } = shown();
    await settle(hear);
    expect(page.getByRole("status").textContent).toBe("The code is on the clipboard.");
  });

  it.each([["has none", undefined], ["refuses", () => Promise.reject(new Error("no"))]])(
    "shows the text selected where the browser %s",
    async (_, writeText) => {
      clipboard(writeText);
      const { page, hear } = shown();
      await settle(hear);
      const field = page.getByLabelText("Code that makes this run again") as HTMLTextAreaElement;
      expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe("run.step()");
      expect(page.getByRole("status").textContent).toBe("");
    },
  );
});

describe("the table", () => {
  it("counts what is kept, and leaves flawed conformers out when asked", () => {
    const { page, rows, send, again } = shown();
    expect(page.getByText("kept 2 of 3 (1 clash, 0 broken)")).toBeTruthy();
    fireEvent.click(page.getByLabelText("only sound"));
    expect(send).toHaveBeenCalledWith({ only_sound: true });
    again({ only_sound: true });
    expect(rows().map((row) => row.textContent?.[0])).toEqual(["0", "2"]);
    expect(page.container.querySelector(".cd-beyond")).toBeNull();
  });

  it("says how many it leaves out", () => {
    const many = Array.from({ length: 1000 }, (_, i) => i);
    const { page, rows } = shown({ values: { conformer: many }, flaws: many.map(() => ""), count: 2000, columns: state.columns.slice(0, 1) });
    expect(rows().length).toBe(500);
    expect(page.container.textContent).toContain("500 of 2000 conformers are listed, of the first 1000.");
  });

  it("opens when conformers are chosen elsewhere, and says how many are drawn", () => {
    const { page, rows, again } = shown();
    const details = page.container.querySelector("details") as HTMLDetailsElement;
    act(() => {
      details.open = false;
      details.dispatchEvent(new Event("toggle"));
    });
    expect(rows()).toEqual([]);
    again({ selected: [2, 1], drawn: 1 });
    expect(details.open).toBe(true);
    expect(rows().map((row) => row.getAttribute("aria-selected"))).toEqual(["false", "true", "true"]);
    expect(page.getByText("2 selected, 1 are drawn ✕")).toBeTruthy();
  });

  it("lights a row, and tells of the one under the mouse", () => {
    const { page, rows, send, hear } = shown();
    act(() => hear({ pointed: 1 }, []));
    expect(rows().map((row) => row.className)).toEqual(["", "cd-lit", ""]);
    fireEvent.pointerEnter(rows()[2]);
    fireEvent.pointerLeave(page.getByRole("grid"));
    expect(send.mock.calls).toEqual([[{ hover: 2 }], [{ hover: null }]]);
  });

  it("knows of the first click at the second, before Python has answered", () => {
    const { rows, send } = shown();
    fireEvent.click(rows()[0]);
    fireEvent.click(rows()[2], { ctrlKey: true });
    expect(send).toHaveBeenLastCalledWith({ choose: [0, 2] });
  });
});

it("sorts with what is missing at the end", () => {
  expect(sorted([-3, null, -5], false)).toEqual([2, 0, 1]);
  expect(sorted([-3, null, -5], true)).toEqual([0, 2, 1]);
});

it("chooses alone, adds and takes away", () => {
  expect([chosen([1], 2, false), chosen([2], 2, false), chosen([1], 2, true), chosen([1, 2], 1, true)]).toEqual([[2], [], [1, 2], [2]]);
});

it("has nothing to say of a whole table", () => {
  expect(leftOut(16, 16, 16)).toBe("");
});
