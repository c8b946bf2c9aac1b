import { Help } from "../shared/help";
import type { PartProps } from "../shared/part";
import { Radios } from "../shared/radios";
import { KnobField } from "./knob";
import { SettingsForm } from "./settings";
import type { KnobsMessage, KnobsState } from "./state";

const GAMMA =
  "γ mixes two networks: s = γ s_cond + (1 − γ) s_uncond. At 1 the sequence decides alone, at 0 " +
  "any chain of this length will do; above 1 it exaggerates. A change acts on the very next step.";
const ETA =
  "η is how hard physics pulls: the score becomes s − η ∇E_t, with E_t the energy of the structures " +
  "that x_t may become. A change acts on the very next step.";
const GUIDANCE =
  "Both heads learned from OpenMM's energies E what is subtracted from the score, ∇E_t with " +
  "E_t(x_t) = −log E[e^(−E(x₀)) | x_t]. “energy” predicts E_t and differentiates it at each step, " +
  "which costs time and memory but shows a learned energy; “force” predicts ∇E_t itself, at once.";

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
      <div class="cd-row-help">
        <Radios
          class="cd-choices"
          label="Physical guidance"
          value={state.guidance.value}
          options={state.guidance.choices}
          hint="Begins a new run"
          pick={(guidance) => send({ guidance })}
        />
        <Help about="physical guidance">{GUIDANCE}</Help>
      </div>
      <p class="cd-quiet cd-small">A change begins a new run.</p>
      <SettingsForm state={state} send={send} />
    </div>
  );
}
