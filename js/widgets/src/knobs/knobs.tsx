import type { PartProps } from "../shared/part";
import { KnobField } from "./knob";
import { SettingsForm } from "./settings";
import type { KnobsMessage, KnobsState } from "./state";

const GAMMA =
  "γ mixes two networks: s = γ s_cond + (1 − γ) s_uncond. At 1 the sequence decides alone, at 0 " +
  "any chain of this length will do; above 1 it exaggerates. A change acts on the very next step.";
const ETA =
  "η is how hard physics pulls: the score becomes s − η ∇E_t, with E_t the energy of the structures " +
  "that x_t may become. A change acts on the very next step.";

export function Knobs({ state, send }: PartProps<KnobsState, KnobsMessage>) {
  const { eta } = state;
  return (
    <div class="cd-knobs">
      <h4>Guidance</h4>
      <KnobField
        symbol="γ"
        name="sequence"
        meaning="how much the sequence decides"
        help={GAMMA}
        knob={state.gamma}
        turn={(gamma) => send({ turn: { gamma } })}
      />
      <KnobField
        symbol="η"
        name="physics"
        meaning="how hard physics pulls"
        help={ETA}
        knob={eta}
        turn={(value) => send({ turn: { eta: value } })}
      />
      <div class="cd-choices" role="radiogroup" aria-label="Physical guidance">
        {state.guidance.choices.map(({ value, label, why }) => (
          <button
            key={value}
            type="button"
            role="radio"
            aria-checked={state.guidance.value === value}
            disabled={Boolean(why)}
            title={why}
            onClick={() => send({ guidance: value })}
          >
            {label}
          </button>
        ))}
      </div>
      {eta.window && !eta.why && <Window window={eta.window} send={send} />}
      <SettingsForm state={state} send={send} />
    </div>
  );
}

function Window({ window, send }: { window: [number, number]; send: (m: KnobsMessage) => void }) {
  const field = (index: 0 | 1, label: string) => (
    <label>
      {label}{" "}
      <input
        type="number"
        min={0}
        max={1}
        step={0.05}
        value={window[index]}
        onChange={(event) => {
          const value = event.currentTarget.valueAsNumber;
          const wanted: [number, number] = index ? [window[0], value] : [value, window[1]];
          if (value >= 0 && value <= 1 && wanted[0] >= wanted[1]) send({ window: wanted });
          else event.currentTarget.value = String(window[index]);
        }}
      />
    </label>
  );
  return (
    <div class="cd-window cd-small" title="η acts only while t is in this window">
      {field(0, "acts from t")}
      {field(1, "to")}
    </div>
  );
}
