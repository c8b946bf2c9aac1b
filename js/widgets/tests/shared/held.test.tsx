import { act, render } from "@testing-library/preact";
import { afterEach, expect, it, vi } from "vitest";
import { useHeld } from "../../src/shared/held";

let move: (value: number) => void;

function Slider({ owned }: { owned: number }) {
  const [value, hold] = useHeld(owned);
  move = hold;
  return <output>{value}</output>;
}

afterEach(() => void vi.useRealTimers());

it("is a person's for a moment after a move, and then Python's again", () => {
  vi.useFakeTimers();
  const page = render(<Slider owned={1} />);
  const seen = () => page.getByRole("status").textContent;
  act(() => move(5));
  page.rerender(<Slider owned={2} />); // an answer on its way
  expect(seen()).toBe("5");
  act(() => void vi.advanceTimersByTime(1000));
  act(() => move(6)); // each move begins the moment anew
  act(() => void vi.advanceTimersByTime(1000));
  expect(seen()).toBe("6");
  act(() => void vi.advanceTimersByTime(300));
  expect(seen()).toBe("2");
  page.unmount();
});
