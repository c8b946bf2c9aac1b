import { fireEvent, render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import type { Control } from "../../src/toolbar/state";
import { Toolbar } from "../../src/toolbar/toolbar";

const control = (more: Partial<Control>): Control => ({ key: "key", kind: "check", label: "label", help: "", disabled_reason: "", value: null, choices: [], ...more });

function shown(...controls: Control[]) {
  const send = vi.fn();
  return { send, page: render(<Toolbar state={{ label: "Tools", controls }} send={send} />) };
}

it("sets the option of each control", () => {
  const options = ["a", "b"].map((value) => ({ value, label: value, disabled_reason: "" }));
  const { send, page } = shown(
    control({ key: "ghost", label: "folded", value: false }),
    control({ key: "style", kind: "select", label: "Style", value: "a", choices: options }),
    control({ key: "view", kind: "tabs", label: "Curves", value: "a", choices: options }),
    control({ key: "reset", kind: "button", label: "centre" }),
  );
  fireEvent.click(page.getByLabelText("folded"));
  fireEvent.change(page.getByLabelText("Style"), { target: { value: "b" } });
  fireEvent.click(page.getByRole("radio", { name: "b" }));
  fireEvent.click(page.getByText("centre"));
  expect(send.mock.calls.map(([{ set_option }]) => set_option)).toEqual([
    { key: "ghost", value: true },
    { key: "style", value: "b" },
    { key: "view", value: "b" },
    { key: "reset", value: null },
  ]);
  page.unmount();
});

it("disables a control and says why", () => {
  const { page } = shown(control({ key: "arrows", label: "force", disabled_reason: "no guidance" }));
  const box = page.getByLabelText("force") as HTMLInputElement;
  expect([box.disabled, box.getAttribute("aria-description")]).toEqual([true, "no guidance"]);
  page.unmount();
});

it("explains something outside the toolbar", () => {
  const { page } = shown(control({ key: "plane", kind: "about", label: "the TIC plane", help: "Two coordinates." }));
  expect(page.getByLabelText("What is the TIC plane?")).toBeTruthy();
  expect(page.getByText("Two coordinates.")).toBeTruthy();
  page.unmount();
});
