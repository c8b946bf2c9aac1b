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
        act={(gamma) => send({ window: { gamma } })}
      />
      <KnobField
        symbol="η"
        name="physics"
        meaning="how hard physics pulls"
        help={ETA}
        knob={state.eta}
        turn={(eta) => send({ turn: { eta } })}
        act={(eta) => send({ window: { eta } })}
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
      <SettingsForm state={state} send={send} />
    </div>
  );
}
