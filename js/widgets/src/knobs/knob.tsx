import { useHeld } from "../shared/held";
import { Help } from "../shared/help";
import { useUnique } from "../shared/unique";
import { type Knob, onSlider, typed } from "./state";
import { WindowField } from "./window";

interface Props {
  symbol: string;
  name: string;
  meaning: string;
  help: string;
  knob: Knob;
  turn: (value: number) => void;
  /** Act in this window of t alone. */
  act: (window: [number, number]) => void;
}

/** A slider with its number, its default mark and a line that says what it does. */
export function KnobField({ symbol, name, meaning, help, knob, turn, act }: Props) {
  const id = useUnique(`${name}-default`);
  const off = Boolean(knob.why);
  const [place, move] = useHeld(onSlider(knob));
  return (
    <div class={`cd-knob ${off ? "cd-off" : ""}`} title={knob.why}>
      <div class="cd-knob-head">
        <b>
          {symbol} <span class="cd-quiet">{name}</span>
        </b>
        <Help about={`${symbol} (${name})`}>{help}</Help>
        <input
          type="text"
          inputMode="decimal"
          class="cd-numbers"
          aria-label={`${symbol}, number`}
          value={String(Number(knob.value.toFixed(3)))}
          disabled={off}
          onChange={(event) => {
            const value = typed(event.currentTarget.value);
            if (value === null) event.currentTarget.value = String(knob.value);
            else turn(value);
          }}
        />
        <button
          type="button"
          class="cd-plain"
          title={`Back to ${knob.default}`}
          aria-label={`Reset ${symbol} to ${knob.default}`}
          disabled={off || knob.value === knob.default}
          onClick={() => turn(knob.default)}
        >
          ↺
        </button>
      </div>
      <input
        type="range"
        min={0}
        max={knob.max}
        step={0.05}
        list={id}
        aria-label={`${symbol}: ${meaning}`}
        value={place}
        disabled={off}
        onInput={(event) => {
          move(event.currentTarget.valueAsNumber);
          turn(event.currentTarget.valueAsNumber);
        }}
      />
      <datalist id={id}>
        <option value={knob.default} />
      </datalist>
      <div class="cd-quiet cd-small">{knob.why || meaning}</div>
      {!off && <WindowField symbol={symbol} window={knob.window} act={act} />}
    </div>
  );
}
