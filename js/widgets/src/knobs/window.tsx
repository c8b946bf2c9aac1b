import { Help } from "../shared/help";

interface Props {
  symbol: string;
  window: [number, number];
  act: (window: [number, number]) => void;
}

/** From and to which t a knob acts; folded away while that is always. */
export function WindowField({ symbol, window, act }: Props) {
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
          const wanted: [number, number] = index ? [start, value] : [value, stop];
          if (value >= 0 && value <= 1 && wanted[0] > wanted[1]) act(wanted);
          else event.currentTarget.value = String(window[index]);
        }}
      />
    </label>
  );
  return (
    <details class="cd-window cd-small">
      <summary class="cd-quiet" title={`t falls from 1 (noise) to 0 (structure); outside of the window ${symbol} is 0`}>
        {always ? "at all t" : `while t is ${start} to ${stop}, else 0`}
      </summary>
      {field(0, "from t")} {field(1, "to")}
      <Help about={`the window of ${symbol}`}>
        {`t falls from 1 (noise) to 0 (structure), and ${symbol} acts only while it is in this window; ` +
          `outside ${symbol} is 0. Early steps, at large t, decide the fold; late ones the details, ` +
          `where guidance can fight the network's prediction x̂₀. A change acts on the very next step.`}
      </Help>
    </details>
  );
}
