import { act, cleanup, fireEvent, render } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Ensemble } from "../../src/ensemble/ensemble";
import { describeOmitted, type EnsembleState, selectionAfter, sorted } from "../../src/ensemble/state";
import type { OnMessage } from "../../src/shared/listen";

const state: EnsembleState = {
  description: "3 conformers · result",
  columns: [
    { key: "conformer", label: "#", unit: "", hint: "", digits: 0 },
    { key: "openmm", label: "OpenMM energy", unit: "kcal/mol", hint: "", digits: 1 },
  ],
  values: { conformer: [0, 1, 2], openmm: [-3, null, -5] },
  colors: ["red", "green", "blue"],
  problems: ["", "clash", ""],
  selected: [],
  max_drawn: 8,
  validity: { count: 3, valid: 2, clash: 1, broken: 0 },
  only_valid: false,
  export_scope: "Export all 3 conformers:",
  exports: [
    { kind: "csv", label: "CSV", hint: "This table", disabled_reason: "" },
    { kind: "code", label: "Copy code", hint: "", disabled_reason: "" },
  ],
  saved_runs: [],
  export_message: "",
};

function shown(more: Partial<EnsembleState> = {}) {
  const send = vi.fn();
  const listeners: OnMessage[] = [];
  const listen = (onMessage: OnMessage) => {
    listeners.push(onMessage);
    return () => {};
  };
  const receive: OnMessage = (message, buffers) => listeners.forEach((onMessage) => onMessage(message, buffers));
  const draw = (now: Partial<EnsembleState>) => <Ensemble state={{ ...state, ...now }} send={send} listen={listen} />;
  const page = render(draw(more));
  const rows = () => [...page.container.querySelectorAll<HTMLElement>("tbody tr")];
  return { send, page, rows, receive, redraw: (now: Partial<EnsembleState>) => page.rerender(draw(now)) };
}

const clipboard = (writeText?: () => Promise<void>) =>
  Object.defineProperty(navigator, "clipboard", { configurable: true, value: writeText && { writeText } });
afterEach(() => {
  clipboard();
  cleanup();
});

describe("Copy code", () => {
  const settle = async (receive: OnMessage) => act(async () => {
    receive({ text: "run.step()" }, []);
    await new Promise((resolve) => setTimeout(resolve));
  });

  it("reports success once the browser accepts the text", async () => {
    clipboard(() => Promise.resolve());
    const { page, receive } = shown();
    await settle(receive);
    expect(page.getByRole("status").textContent).toBe("The code is on the clipboard.");
  });

  it.each([["has no clipboard", undefined], ["refuses", () => Promise.reject(new Error("no"))]])(
    "shows the selected text if the browser %s",
    async (_, writeText) => {
      clipboard(writeText);
      const { page, receive } = shown();
      await settle(receive);
      const field = page.getByLabelText("Code that repeats this run") as HTMLTextAreaElement;
      expect(field.value.slice(field.selectionStart, field.selectionEnd)).toBe("run.step()");
      expect(page.getByRole("status").textContent).toBe("");
    },
  );
});

describe("the table", () => {
  it("counts invalid conformers, and leaves them out on request", () => {
    const { page, rows, send, redraw } = shown();
    expect(page.getByText("1 of 3 invalid: 1 clash")).toBeTruthy();
    fireEvent.click(page.getByLabelText("Only valid"));
    expect(send).toHaveBeenCalledWith({ only_valid: true });
    redraw({ only_valid: true });
    expect(rows().map((row) => row.textContent?.[0])).toEqual(["0", "2"]);
    expect(page.container.querySelector(".cd-omitted")).toBeNull();
  });

  it("says how many rows it omits", () => {
    const many = Array.from({ length: 1000 }, (_, i) => i);
    const { page, rows } = shown({ values: { conformer: many }, problems: many.map(() => ""), validity: { count: 2000, valid: 2000, clash: 0, broken: 0 }, columns: state.columns.slice(0, 1) });
    expect(rows().length).toBe(500);
    expect(page.container.textContent).toContain("500 of 2000 conformers are listed, out of the first 1000.");
  });

  it("opens when conformers are selected elsewhere, and says how many are drawn", () => {
    const { page, rows, redraw } = shown();
    const details = page.container.querySelector("details") as HTMLDetailsElement;
    act(() => {
      details.open = false;
      details.dispatchEvent(new Event("toggle"));
    });
    expect(rows()).toEqual([]);
    redraw({ selected: [2, 1], max_drawn: 1 });
    expect(details.open).toBe(true);
    expect(rows().map((row) => row.getAttribute("aria-selected"))).toEqual(["false", "true", "true"]);
    expect(page.getByText("2 selected, 1 drawn ✕")).toBeTruthy();
  });

  it("highlights a row, and reports the row under the mouse", () => {
    const { page, rows, send, receive } = shown();
    act(() => receive({ hovered: 1 }, []));
    expect(rows().map((row) => row.className)).toEqual(["", "cd-hovered", ""]);
    fireEvent.pointerEnter(rows()[2]);
    fireEvent.pointerLeave(page.getByRole("grid"));
    expect(send.mock.calls).toEqual([[{ hover: 2 }], [{ hover: null }]]);
  });

  it("adds a second click to the first before Python has answered", () => {
    const { rows, send } = shown();
    fireEvent.click(rows()[0]);
    fireEvent.click(rows()[2], { ctrlKey: true });
    expect(send).toHaveBeenLastCalledWith({ select_conformers: [0, 2] });
  });
});

it("sorts missing values to the end", () => {
  expect(sorted([-3, null, -5], false)).toEqual([2, 0, 1]);
  expect(sorted([-3, null, -5], true)).toEqual([0, 2, 1]);
});

it("selects one conformer, adds and removes", () => {
  expect([selectionAfter([1], 2, false), selectionAfter([2], 2, false), selectionAfter([1], 2, true), selectionAfter([1, 2], 1, true)]).toEqual([[2], [], [1, 2], [2]]);
});

it("reports nothing for a complete table", () => {
  expect(describeOmitted(16, 16, 16)).toBe("");
});
