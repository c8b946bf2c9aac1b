import { useRef } from "preact/hooks";
import { Help } from "../shared/help";
import type { PanelProps } from "../shared/panel";
import { Radios } from "../shared/radios";
import { ParameterField } from "./parameter";
import { SettingsForm } from "./settings";
import type { ParametersMessage, ParametersState, Temperature } from "./state";
import { TemperatureField } from "./temperature-field";
import { useDroppedFiles } from "./uploads";

const GAMMA =
  "γ is the classifier-free guidance (CFG) scale, s = γ s_cond + (1 − γ) s_uncond. At γ = 1 the score is " +
  "conditioned on the sequence; at 0 only the length matters; above 1 the condition is amplified. A change " +
  "takes effect at the next step.";
const ETA =
  "η is the strength of physical guidance: the score becomes s − η ∇E_t, where E_t is the intermediate " +
  "energy, −log of the mean Boltzmann factor of the structures x₀ that x_t can denoise to. A change takes effect at the next step.";

const aboutTemperature = ({ hot, cold }: Temperature) =>
  `η is the inverse temperature of the ensemble: 0 at ${hot} K, 1 at ${cold} K, and linear in 1/T between them. The ` +
  "networks take it as an input, s(x_t, t, T), so it costs nothing; it is exact at γ = 1 and approximate (≈) elsewhere. " +
  `Below ${cold} K and above ${hot} K the networks extrapolate. A run in which η or γ changes has no single ` +
  "temperature and is compared with no MD.";

export function Parameters({ state, send }: PanelProps<ParametersState, ParametersMessage>) {
  const root = useRef<HTMLDivElement>(null);
  useDroppedFiles(root, (open_file) => send({ open_file }));
  return (
    <div class="cd-parameters" ref={root}>
      <h4>Guidance</h4>
      <ParameterField
        symbol="γ"
        name="CFG scale"
        title="Classifier-free guidance scale γ"
        meaning="Sequence guidance"
        help={GAMMA}
        parameter={state.gamma}
        setValue={(gamma) => send({ set_parameters: { gamma } })}
        setWindow={(gamma) => send({ set_windows: { gamma } })}
      />
      {state.temperature && !state.eta.disabled_reason ? (
        <TemperatureField
          parameter={state.eta}
          temperature={state.temperature}
          help={aboutTemperature(state.temperature)}
          setEta={(eta) => send({ set_parameters: { eta } })}
          setTemperature={(temperature) => send({ set_parameters: { temperature } })}
          setWindow={(eta) => send({ set_windows: { eta } })}
        />
      ) : (
        <ParameterField
          symbol="η"
          name="Strength"
          title="Physical guidance strength η"
          meaning="Physical guidance"
          help={ETA}
          parameter={state.eta}
          setValue={(eta) => send({ set_parameters: { eta } })}
          setWindow={(eta) => send({ set_windows: { eta } })}
        />
      )}
      <div class="cd-row-help">
        <Radios
          class="cd-choices"
          label="Kind of physical guidance"
          value={state.guidance.value}
          options={state.guidance.choices}
          hint="Starts a new run"
          pick={(guidance) => send({ guidance })}
        />
        <Help about="physical guidance">{state.guidance.help}</Help>
      </div>
      <p class="cd-quiet cd-small">Changing the kind starts a new run.</p>
      <SettingsForm state={state} send={send} />
    </div>
  );
}
