import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Help } from "../shared/help";
import { useUnique } from "../shared/unique";
import type { Choice, KnobsMessage, KnobsState, Settings } from "./state";

interface Props {
  state: KnobsState;
  send: (message: KnobsMessage) => void;
}

const HELP = {
  model:
    "The score networks: s_cond knows the sequence, s_uncond only the length, and γ mixes them. The " +
    "bundled ones learned this protein's molecular dynamics by heart; published checkpoints take any " +
    "sequence. A head for ∇E_t comes with some models alone, and η needs one.",
  solver:
    "How the reverse process dx = [f − g² s] dt + g dw is followed from t = 1 to 0. em is the published " +
    "one, 1000 small steps; dpm and ddim do with 20 to 40, their noise is adjustable; heun follows the " +
    "flow without noise, with two evaluations a step. Each brings its usual steps.",
  steps:
    "How many times t falls on its way from 1 to 0; each step evaluates the networks once (heun twice). " +
    "More steps follow s more closely and take longer: dpm usually takes 20 to 40. Each step is a " +
    "frame of the timeline.",
  batch:
    "How many conformers are sampled at once, B. They share the knobs and the t, not the noise: each is " +
    "a sample of its own. Populations, energies and diversity are estimates over them, with an error " +
    "that falls as 1/√B; memory and time of a step grow with B.",
};

/** Settings of the next run. */
export function SettingsForm({ state, send }: Props) {
  const { settings, choices } = state;
  const change = (part: Partial<Settings>) => send({ settings: part });
  return (
    <>
      <details class="cd-fold">
        <summary>Protein and sampler</summary>
        <p class="cd-quiet cd-small">These begin a new run.</p>
        <Name label="protein" hint="a name, a sequence or a file" value={settings.protein} known={choices.protein} pick={(protein) => change({ protein })} />
        <Select label="model" help={HELP.model} value={settings.model} choices={choices.model} pick={(model) => send({ settings: { model: model || null } })} />
        <Name label="or" hint="a checkpoint file or a training folder" value="" known={[]} pick={(model) => send({ settings: { model } })} />
        <Select label="solver" help={HELP.solver} value={settings.solver} choices={choices.solver} pick={(solver) => change({ solver })} />
        <Whole label="steps" help={HELP.steps} value={settings.steps} pick={(steps) => change({ steps })} />
        <Whole label="batch" help={HELP.batch} value={settings.samples} pick={(samples) => change({ samples })} />
        <Select label="device" value={settings.device} choices={choices.device} pick={(device) => change({ device })} />
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
  const begin = (t_start: number) => send({ settings: { t_start } });
  const none = settings.start === "none" ? "there is no structure yet: choose a file below" : "";
  return (
    <>
      <label class="cd-radio">
        <input type="radio" checked={settings.t_start === 1} onChange={() => begin(1)} /> noise (t = 1)
      </label>
      <div class={`cd-radio ${none ? "cd-off" : ""}`} title={none}>
        <label>
          <input
            type="radio"
            checked={settings.t_start < 1}
            disabled={Boolean(none)}
            aria-description={none || undefined}
            onChange={() => begin(t)}
          />{" "}
          a structure, noised to t
        </label>{" "}
        <input
          type="number"
          min={0.02}
          max={0.95}
          step={0.05}
          aria-label="t_start"
          disabled={Boolean(none)}
          value={t}
          onChange={(event) => {
            const value = event.currentTarget.valueAsNumber;
            if (!(value > 0.01 && value < 1)) return;
            setT(value);
            if (settings.t_start < 1) begin(value);
          }}
        />
        <Help about="starting from a structure">
          The structure is noised up to t and denoised again. Little noise (t of 0.1) explores near it; much
          (0.5) lets the chain unfold and refold.
        </Help>
      </div>
      <p class="cd-small cd-quiet">structure: {none || settings.start}</p>
      <label class="cd-small">
        another one (.pdb, .cif):{" "}
        <input
          type="file"
          accept=".pdb,.cif"
          onChange={async (event) => {
            const file = event.currentTarget.files?.[0];
            if (file) send({ structure: { name: file.name, text: await file.text() } });
          }}
        />
      </label>
      <Name label="hold" hint="residues that keep their shape: 3-8,12" value={settings.fixed} known={[]} optional pick={(fix) => send({ fix })} />
    </>
  );
}

/** A labelled field; its help stands outside of the label, whose click goes to the field. */
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
        {props.choices.map(({ value, label, why }) => (
          <option key={value} value={value} disabled={Boolean(why)} title={why}>
            {why ? `${label} (${why})` : label}
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
  /** Whether it may be empty. */
  optional?: boolean;
  pick: (value: string) => void;
}

/** A text that is sent on Enter; what is known is offered. */
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

function Whole(props: { label: string; help?: string; value: number; pick: (value: number) => void }) {
  const id = useUnique(props.label);
  return (
    <Row label={props.label} id={id} help={props.help}>
      <input
        id={id}
        type="number"
        min={1}
        step={1}
        value={props.value}
        onChange={(event) => {
          const value = event.currentTarget.valueAsNumber;
          if (Number.isInteger(value) && value > 0) props.pick(value);
          else event.currentTarget.value = String(props.value);
        }}
      />
    </Row>
  );
}
