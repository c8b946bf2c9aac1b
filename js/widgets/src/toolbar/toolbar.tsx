import { Help } from "../shared/help";
import type { PartProps } from "../shared/part";

export interface Control {
  key: string;
  kind: "tabs" | "select" | "check" | "button";
  label: string;
  help: string;
  value: string | boolean | null;
  choices: { value: string; label: string; why: string }[];
}

export interface ToolbarState {
  label: string;
  controls: Control[];
}

export interface ToolbarMessage {
  set: { key: string; value: string | boolean | null };
}

/** A row of small controls, as Python lists them. */
export function Toolbar({ state, send }: PartProps<ToolbarState, ToolbarMessage>) {
  return (
    <div class="cd-toolbar" role="toolbar" aria-label={state.label}>
      {state.controls.map((control) => (
        <span key={control.key} class="cd-control">
          <Field control={control} set={(value) => send({ set: { key: control.key, value } })} />
          {control.help && <Help about={control.label}>{control.help}</Help>}
        </span>
      ))}
    </div>
  );
}

function Field({ control, set }: { control: Control; set: (value: string | boolean | null) => void }) {
  const { kind, label, value, choices } = control;
  if (kind === "check") {
    return (
      <label>
        <input type="checkbox" checked={value === true} onChange={(event) => set(event.currentTarget.checked)} /> {label}
      </label>
    );
  }
  if (kind === "button") {
    return (
      <button type="button" onClick={() => set(null)}>
        {label}
      </button>
    );
  }
  if (kind === "select") {
    return (
      <select aria-label={label} title={label} value={String(value)} onChange={(event) => set(event.currentTarget.value)}>
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} disabled={Boolean(choice.why)}>
            {choice.why ? `${choice.label} (${choice.why})` : choice.label}
          </option>
        ))}
      </select>
    );
  }
  return (
    <span class="cd-tabs" role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          role="radio"
          aria-checked={choice.value === value}
          disabled={Boolean(choice.why)}
          title={choice.why}
          onClick={() => set(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </span>
  );
}
