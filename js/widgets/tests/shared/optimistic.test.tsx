import { act, render } from "@testing-library/preact";
import { afterEach, expect, it, vi } from "vitest";
import { useOptimistic } from "../../src/shared/optimistic";

let change: (value: number) => void;

function Slider({ owned }: { owned: number }) {
  const [value, setValue] = useOptimistic(owned);
  change = setValue;
  return <output>{value}</output>;
}

afterEach(() => void vi.useRealTimers());

it("shows the user's value for a moment after a change, then Python's", () => {
  vi.useFakeTimers();
  const page = render(<Slider owned={1} />);
  const shown = () => page.getByRole("status").textContent;
  act(() => change(5));
  page.rerender(<Slider owned={2} />); // an older state on its way
  expect(shown()).toBe("5");
  act(() => void vi.advanceTimersByTime(1000));
  act(() => change(6)); // each change restarts the timer
  act(() => void vi.advanceTimersByTime(1000));
  expect(shown()).toBe("6");
  act(() => void vi.advanceTimersByTime(300));
  expect(shown()).toBe("2");
  page.unmount();
});
