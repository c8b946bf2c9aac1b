import { Help } from "../shared/help";
import { NumberInput } from "../shared/number-input";
import { useOptimistic } from "../shared/optimistic";
import { useUnique } from "../shared/unique";
import { ResetButton } from "./reset-button";
import { onSlider, type Parameter } from "./state";
import { WindowField } from "./window";

interface Props {
  symbol: string;
  name: string;
  title: string;
  meaning: string;
  help: string;
  parameter: Parameter;
  setValue: (value: number) => void;
  setWindow: (window: number[]) => void;
}

/** A slider with a number field, a reset button and the window of t. */
export function ParameterField({ symbol, name, title, meaning, help, parameter, setValue, setWindow }: Props) {
  const id = useUnique(`${symbol === "γ" ? "gamma" : "eta"}-default`);
  const disabled = Boolean(parameter.disabled_reason);
  const [position, setPosition] = useOptimistic(onSlider(parameter));
  return (
    <div class={`cd-parameter ${disabled ? "cd-off" : ""}`} title={parameter.disabled_reason || title}>
      <div class="cd-parameter-head">
        <b>
          {symbol} <span class="cd-quiet">{name}</span>
        </b>
        <Help about={`${symbol} (${name})`}>{help}</Help>
        <NumberInput label={`${symbol}, number`} value={parameter.value} digits={3} limits={parameter.limits} disabled={disabled} set={setValue} />
        <ResetButton
          what={symbol}
          to={`${parameter.default}`}
          disabled={disabled || parameter.value === parameter.default}
          reset={() => setValue(parameter.default)}
        />
      </div>
      <input
        type="range"
        min={parameter.min}
        max={parameter.max}
        step={0.05}
        list={id}
        aria-label={title}
        value={position}
        disabled={disabled}
        onInput={(event) => {
          setPosition(event.currentTarget.valueAsNumber);
          setValue(event.currentTarget.valueAsNumber);
        }}
      />
      <datalist id={id}>
        <option value={parameter.default} />
      </datalist>
      <div class="cd-quiet cd-small">{parameter.disabled_reason || meaning}</div>
      {!disabled && <WindowField symbol={symbol} window={parameter.window} outside="0" setWindow={setWindow} />}
    </div>
  );
}
