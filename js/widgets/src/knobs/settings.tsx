import { useState } from "preact/hooks";
import { Help } from "../shared/help";
import type { Choice, KnobsMessage, KnobsState, Settings } from "./state";

interface Props {
  state: KnobsState;
  send: (message: KnobsMessage) => void;
}

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
        <Select label="model" value={settings.model} choices={choices.model} pick={(model) => send({ settings: { model: model || null } })} />
        <Name label="or" hint="a checkpoint file or a training folder" value="" known={[]} pick={(model) => send({ settings: { model } })} />
        <Select label="solver" value={settings.solver} choices={choices.solver} pick={(solver) => change({ solver })} />
        <Whole label="steps" value={settings.steps} pick={(steps) => change({ steps })} />
        <Whole label="batch" value={settings.samples} pick={(samples) => change({ samples })} />
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
  return (
    <>
      <label class="cd-radio">
        <input type="radio" checked={settings.t_start === 1} onChange={() => begin(1)} /> noise (t = 1)
      </label>
      <label class="cd-radio">
        <input type="radio" checked={settings.t_start < 1} onChange={() => begin(t)} /> a structure, noised
        to t{" "}
        <input
          type="number"
          min={0.02}
          max={0.95}
          step={0.05}
          aria-label="t_start"
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
      </label>
      <p class="cd-small cd-quiet">structure: {settings.start}</p>
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

function Select(props: { label: string; value: string; choices: Choice[]; pick: (value: string) => void }) {
  return (
    <label class="cd-row">
      <span>{props.label}</span>
      <select value={props.value} onChange={(event) => props.pick(event.currentTarget.value)}>
        {props.choices.map(({ value, label, why }) => (
          <option key={value} value={value} disabled={Boolean(why)} title={why}>
            {why ? `${label} (${why})` : label}
          </option>
        ))}
      </select>
    </label>
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
  const id = `cd-${props.label}-known`;
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

function Whole(props: { label: string; value: number; pick: (value: number) => void }) {
  return (
    <label class="cd-row">
      <span>{props.label}</span>
      <input
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
    </label>
  );
}
