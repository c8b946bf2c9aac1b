import { render } from "@testing-library/preact";
import { expect, it } from "vitest";
import { placeNote, Help } from "../../src/shared/help";

const PAGE = { width: 1280, height: 720 };

it.each([
  { left: 40, top: 10, bottom: 30 },
  { left: 1270, top: 10, bottom: 30 },
  { left: 600, top: 690, bottom: 710 },
  { left: 1270, top: 400, bottom: 420 },
])("fits on the page: %o", (button) => {
  const { left, width, top, bottom, maxHeight } = placeNote(button, PAGE, 300);
  expect(Number.parseFloat(left)).toBeGreaterThanOrEqual(0);
  expect(Number.parseFloat(left) + Number.parseFloat(width)).toBeLessThanOrEqual(PAGE.width);
  const edge = Number.parseFloat(top === "auto" ? bottom : top);
  expect(edge + Number.parseFloat(maxHeight)).toBeLessThanOrEqual(PAGE.height);
  expect(Number.parseFloat(maxHeight)).toBeGreaterThan(250);
});

it("is never wider than the page", () => {
  expect(placeNote({ left: 5, top: 5, bottom: 25 }, { width: 200, height: 720 }, 300).width).toBe("184px");
});

it("connects each button with its own note", () => {
  const page = render(
    <>
      <Help about="γ">one</Help>
      <Help about="η">two</Help>
    </>,
  );
  const ids = ["γ", "η"].map((about) => page.getByLabelText(`What is ${about}?`).getAttribute("popovertarget"));
  expect(ids.map((id) => document.getElementById(id ?? "")?.textContent)).toEqual(["one", "two"]);
  page.unmount();
});
