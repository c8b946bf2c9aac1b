import { fireEvent, render } from "@testing-library/preact";
import { expect, it, vi } from "vitest";
import { Radios } from "../../src/shared/radios";

const options = [
  { value: "none", label: "none", disabled_reason: "" },
  { value: "force", label: "force", disabled_reason: "no force head" },
  { value: "energy", label: "energy", disabled_reason: "" },
];

function shown(value: string) {
  const pick = vi.fn();
  return { pick, page: render(<Radios class="" label="Guidance" value={value} options={options} pick={pick} />) };
}

it("is a single stop for the Tab key", () => {
  const { page } = shown("energy");
  expect(page.getAllByRole("radio").map((radio) => (radio as HTMLElement).tabIndex)).toEqual([-1, -1, 0]);
  page.unmount();
});

it("moves with the arrows, around the end and past disabled choices", () => {
  const { pick, page } = shown("none");
  fireEvent.keyDown(page.getByText("none"), { key: "ArrowRight" });
  fireEvent.keyDown(page.getByText("none"), { key: "ArrowLeft" });
  expect(pick.mock.calls).toEqual([["energy"], ["energy"]]);
  expect(document.activeElement).toBe(page.getByText("energy"));
  page.unmount();
});

it("does not repeat the present choice", () => {
  const { pick, page } = shown("energy");
  fireEvent.click(page.getByText("energy"));
  expect(pick).not.toHaveBeenCalled();
  fireEvent.click(page.getByText("none"));
  expect(pick.mock.calls).toEqual([["none"]]);
  page.unmount();
  const alone = render(<Radios class="" label="Guidance" value="none" options={options.slice(0, 2)} pick={pick} />);
  fireEvent.keyDown(alone.getByText("none"), { key: "ArrowRight" });
  expect(pick).toHaveBeenCalledTimes(1);
  alone.unmount();
});

it("says why a choice is disabled", () => {
  const { page } = shown("none");
  const force = page.getByText("force") as HTMLButtonElement;
  expect([force.disabled, force.title, force.getAttribute("aria-description")]).toEqual([true, "no force head", "no force head"]);
  page.unmount();
});
