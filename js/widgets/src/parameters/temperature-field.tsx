import { Help } from "../shared/help";
import { NumberInput } from "../shared/number-input";
import { useOptimistic } from "../shared/optimistic";
import { ResetButton } from "./reset-button";
import type { Parameter, Temperature } from "./state";
import { etaOf, isExtrapolated, kelvinOf } from "./temperature";
import { WindowField } from "./window";

interface Props {
  parameter: Parameter;
  temperature: Temperature;
  help: string;
  setEta: (eta: number) => void;
  setTemperature: (kelvin: number) => void;
  setWindow: (window: number[]) => void;
}

const STEP = 0.0125; // more than 1 K everywhere, so that each step moves by a whole kelvin

/** The slider of η where η stands for a temperature: both can be typed, and the slider sets whole kelvins. */
export function TemperatureField({ parameter, temperature, help, setEta, setTemperature, setWindow }: Props) {
  const [eta, setPosition] = useOptimistic(parameter.value);
  const kelvin = kelvinOf(eta, temperature);
  const [coldest, hottest] = [parameter.max, parameter.min].map((end) => Math.round(kelvinOf(end, temperature)));
  // Python reports what is out of range
  const setKelvin = (to: number) => {
    if (to >= coldest && to <= hottest) setPosition(etaOf(to, temperature));
    setTemperature(to);
  };
  const extrapolated = isExtrapolated(eta);
  const place = (value: number) => `${(100 * (value - parameter.min)) / (parameter.max - parameter.min)}%`;
  const changed = Math.abs(kelvin - temperature.default) > 1e-6;
  return (
    <div class="cd-parameter" title="Temperature of the ensemble, set by the physical guidance strength η">
      <div class="cd-parameter-head">
        <b>η</b>
        <Help about="η (temperature)">{help}</Help>
        <NumberInput label="η, number" value={eta} digits={3} limits={parameter.limits} set={setEta} />
        <span class="cd-quiet">{temperature.label.startsWith("≈") ? "≈" : "·"}</span>
        <NumberInput label="Temperature (K)" value={kelvin} digits={1} limits={[coldest, hottest]} unit="K" set={setKelvin} />
        <span>K</span>
        <ResetButton
          what="the temperature"
          to={`${temperature.default} K`}
          disabled={!changed}
          reset={() => setKelvin(temperature.default)}
        />
      </div>
      <input
        type="range"
        min={parameter.min}
        max={parameter.max}
        step={STEP}
        aria-label="Physical guidance strength η"
        aria-valuetext={`η ${eta.toFixed(2)}, ${kelvin.toFixed(0)} K${extrapolated ? ", extrapolation" : ""}`}
        value={eta}
        onInput={(event) => setKelvin(Math.round(kelvinOf(event.currentTarget.valueAsNumber, temperature)))}
      />
      <div class="cd-trained" style={{ "--cd-from": place(0), "--cd-to": place(1) }} aria-hidden="true">
        <i />
        <span>{temperature.hot} K</span>
        <span>{temperature.cold} K</span>
      </div>
      <div class="cd-temperature cd-small">
        <output aria-label="Temperature of the run">{temperature.label}</output>
        {extrapolated && (
          <span class="cd-extrapolated" title={`The networks were trained from ${temperature.cold} to ${temperature.hot} K`}>
            ⚠ extrapolation
          </span>
        )}
        <span class="cd-quiet">{temperature.note}</span>
      </div>
      <WindowField symbol="η" window={parameter.window} outside={`0 (${temperature.hot} K)`} setWindow={setWindow} />
    </div>
  );
}
