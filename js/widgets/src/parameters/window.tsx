import { Help } from "../shared/help";
import { NumberInput } from "../shared/number-input";

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
      <NumberInput
        label={`${symbol} ${index ? "until" : "from"} t`}
        value={window[index]}
        limits={[0, 1]}
        refuse={(value) => ((index ? start > value : value > stop) ? "" : "t decreases: the first t must be the larger one.")}
        set={(value) => setWindow(index ? [start, value] : [value, stop])}
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
