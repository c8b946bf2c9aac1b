import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Help } from "../shared/help";
import { NumberInput, type Limits } from "../shared/number-input";
import type { Choice } from "../shared/state";
import { useUnique } from "../shared/unique";
import type { ChangedSettings, ParametersMessage, ParametersState } from "./state";
import { read } from "./uploads";

interface Props {
  state: ParametersState;
  send: (message: ParametersMessage) => void;
}

const HELP = {
  model:
    "The score networks: s_cond is conditioned on the sequence, s_uncond on the length only, and γ combines " +
    "them. The bundled networks are trained on molecular dynamics of this protein; published checkpoints work " +
    "for any sequence. Only some models have a head for ∇E_t, which η needs.",
  solver:
    "The solver integrates the reverse process dx = [f − g² s] dt + g dw from t = 1 to 0. em is the published " +
    "one, with 1000 small steps. dpm and ddim need 20 to 40 steps, with adjustable noise. heun follows the " +
    "probability flow without noise and evaluates the networks twice per step. Each has its default number of steps.",
  steps:
    "Number of steps in which t decreases from 1 to 0. Each step evaluates the networks once (heun: twice) and " +
    "is a frame of the timeline. More steps reduce the discretisation error but take longer; 20 to 40 are typical " +
    "for dpm.",
  batch:
    "Number of conformers B that are sampled together, with the same γ, η and t but different noise. " +
    "Populations, energies and diversity are estimated from them, with a statistical error that decreases as " +
    "1/√B. Memory and time of a step grow with B.",
};

/** Settings of the next run. */
export function SettingsForm({ state, send }: Props) {
  const { settings, choices } = state;
  const change = (settings: ChangedSettings) => send({ settings });
  return (
    <>
      <details class="cd-fold">
        <summary>Protein and sampler</summary>
        <p class="cd-quiet cd-small">Changing these starts a new run. A FASTA or structure file can also be dropped on the Explorer.</p>
        <Name label="Protein" hint="name, sequence or file" value={settings.protein} known={choices.protein} pick={(protein) => change({ protein })} />
        <Select label="Model" help={HELP.model} value={settings.model} choices={choices.model} pick={(model) => change({ model: model || null })} />
        <Name label="Model file" hint="checkpoint or training folder" value="" known={[]} pick={(model) => change({ model })} />
        <Name label="Compare with" hint="sequence of equal length" value={settings.compared} known={[]} optional pick={(sequence) => send({ compare_sequence: sequence })} />
        <Name label="Reference" hint="folder of confdiff md" value={settings.reference} known={[]} optional pick={(reference) => send({ reference })} />
        <Select label="Solver" help={HELP.solver} value={settings.solver} choices={choices.solver} pick={(solver) => change({ solver })} />
        <Whole label="Steps" help={HELP.steps} value={settings.steps} limits={state.limits.steps} pick={(steps) => change({ steps })} />
        <Whole label="Batch" help={HELP.batch} value={settings.samples} limits={state.limits.samples} pick={(samples) => change({ samples })} />
        <Select label="Device" value={settings.device} choices={choices.device} pick={(device) => change({ device })} />
        <p class="cd-small cd-quiet">{state.estimate}</p>
      </details>
      <details class="cd-fold">
        <summary>Start from</summary>
        <Start state={state} send={send} />
      </details>
    </>
  );
}

function Start({ state, send }: Props) {
  const { settings } = state;
  const [t, setT] = useState(settings.t_start < 1 ? settings.t_start : 0.3);
  const startAt = (t_start: number) => send({ settings: { t_start } });
  const missing = settings.structure === "none" ? "there is no structure yet: choose a file below" : "";
  return (
    <>
      <label class="cd-radio">
        <input type="radio" checked={settings.t_start === 1} onChange={() => startAt(1)} /> Noise (t = 1)
      </label>
      <div class={`cd-radio ${missing ? "cd-off" : ""}`} title={missing}>
        <label>
          <input
            type="radio"
            checked={settings.t_start < 1}
            disabled={Boolean(missing)}
            aria-description={missing || undefined}
            onChange={() => startAt(t)}
          />{" "}
          Structure, noised to t
        </label>{" "}
        <NumberInput
          label="Start time t"
          disabled={Boolean(missing)}
          value={t}
          limits={state.limits.t_start}
          set={(value) => {
            setT(value);
            if (settings.t_start < 1) startAt(value);
          }}
        />
        <Help about="starting from a structure">
          The structure is noised to t and denoised again. Little noise (t = 0.1) samples its neighbourhood; much
          noise (t = 0.5) lets the chain unfold and refold.
        </Help>
      </div>
      <p class="cd-small cd-quiet">Structure: {missing || settings.structure}</p>
      <label class="cd-small">
        Upload structure (PDB, mmCIF, GRO):{" "}
        <input
          type="file"
          accept=".pdb,.ent,.cif,.mmcif,.gro"
          onChange={async (event) => {
            const file = event.currentTarget.files?.[0];
            if (file) send({ structure: await read(file) });
          }}
        />
      </label>
      <Name label="Fixed" hint="residues to keep fixed: 3-8,12" value={settings.fixed} known={[]} optional pick={(residues) => send({ fix_residues: residues })} />
    </>
  );
}

/** A labelled field. Its help is outside the label, because a click on a label goes to the field. */
function Row({ label, id, help, children }: { label: string; id: string; help?: string; children: ComponentChildren }) {
  return (
    <div class="cd-row">
      <span class="cd-name">
        <label for={id}>{label}</label>
        {help && <Help about={label}>{help}</Help>}
      </span>
      {children}
    </div>
  );
}

interface SelectProps {
  label: string;
  help?: string;
  value: string;
  choices: Choice[];
  pick: (value: string) => void;
}

function Select(props: SelectProps) {
  const id = useUnique(props.label);
  return (
    <Row label={props.label} id={id} help={props.help}>
      <select id={id} value={props.value} onChange={(event) => props.pick(event.currentTarget.value)}>
        {props.choices.map(({ value, label, disabled_reason }) => (
          <option key={value} value={value} disabled={Boolean(disabled_reason)} title={disabled_reason}>
            {disabled_reason ? `${label} (${disabled_reason})` : label}
          </option>
        ))}
      </select>
    </Row>
  );
}

interface NameProps {
  label: string;
  hint: string;
  value: string;
  known: Choice[];
  /** Whether it can be empty. */
  optional?: boolean;
  pick: (value: string) => void;
}

/** A text field that sends on Enter and suggests known values. */
function Name(props: NameProps) {
  const id = useUnique("known");
  return (
    <label class="cd-row" title={props.hint}>
      <span>{props.label}</span>
      <input
        type="text"
        list={id}
        spellcheck={false}
        placeholder={props.hint}
        value={props.value}
        onChange={(event) => {
          const text = event.currentTarget.value.trim();
          if ((text || props.optional) && text !== props.value) props.pick(text);
          else event.currentTarget.value = props.value;
        }}
      />
      <datalist id={id}>
        {props.known.map(({ value }) => (
          <option key={value} value={value} />
        ))}
      </datalist>
    </label>
  );
}

function Whole(props: { label: string; help?: string; value: number; limits: Limits; pick: (value: number) => void }) {
  const id = useUnique(props.label);
  return (
    <Row label={props.label} id={id} help={props.help}>
      <NumberInput id={id} value={props.value} limits={props.limits} whole set={props.pick} />
    </Row>
  );
}
