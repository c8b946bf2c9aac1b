import { Help } from "../shared/help";

interface Props {
  symbol: string;
  window: number[];
  /** Value outside of the window. */
  outside: string;
  setWindow: (window: number[]) => void;
}

/** The range of t in which a parameter acts; collapsed while it is the whole range. */
export function WindowField({ symbol, window, outside, setWindow }: Props) {
  const [start, stop] = window;
  const always = start === 1 && stop === 0;
  const field = (index: 0 | 1, label: string) => (
    <label>
      {label}{" "}
      <input
        type="number"
        min={0}
        max={1}
        step={0.05}
        aria-label={`${symbol} ${index ? "until" : "from"} t`}
        value={window[index]}
        onChange={(event) => {
          const value = event.currentTarget.valueAsNumber;
          const changed = index ? [start, value] : [value, stop];
          if (value >= 0 && value <= 1 && changed[0] > changed[1]) setWindow(changed);
          else event.currentTarget.value = String(window[index]);
        }}
      />
    </label>
  );
  return (
    <details class="cd-window cd-small">
      <summary class="cd-quiet" title={`t decreases from 1 (noise) to 0 (structure); outside the window ${symbol} is ${outside}`}>
        {always ? "at all t" : `for t from ${start} to ${stop}, otherwise ${outside}`}
      </summary>
      {field(0, "from t")} {field(1, "to")}
      <Help about={`the window of ${symbol}`}>
        {`t decreases from 1 (noise) to 0 (structure). ${symbol} acts only while t is in this window; outside it, ` +
          `${symbol} is ${outside}. Early steps (large t) determine the fold. Late steps refine details; guidance there can ` +
          `conflict with the predicted structure x̂₀. A change takes effect at the next step.`}
      </Help>
    </details>
  );
}
