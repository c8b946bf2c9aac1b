import { Help } from "../shared/help";
import type { PartProps } from "../shared/part";
import { type Option, Radios } from "../shared/radios";

export interface Control {
  key: string;
  kind: "tabs" | "select" | "check" | "button" | "about";
  label: string;
  help: string;
  /** Why it cannot be used; empty when it can. */
  why: string;
  value: string | boolean | null;
  choices: Option[];
}

export interface ToolbarState {
  label: string;
  controls: Control[];
}

export interface ToolbarMessage {
  set: { key: string; value: string | boolean | null };
}

/** A row of small controls, as Python lists them; "about" is a help alone, in a place of its own. */
export function Toolbar({ state, send }: PartProps<ToolbarState, ToolbarMessage>) {
  return (
    <div class="cd-toolbar" role="toolbar" aria-label={state.label}>
      {state.controls.map((control) => (
        <span key={control.key} class={`cd-control cd-${control.kind}`} data-key={control.key}>
          <Field control={control} set={(value) => send({ set: { key: control.key, value } })} />
          {control.help && <Help about={control.label}>{control.help}</Help>}
        </span>
      ))}
    </div>
  );
}

function Field({ control, set }: { control: Control; set: (value: string | boolean | null) => void }) {
  const { kind, label, why, value, choices } = control;
  switch (kind) {
    case "check":
      return (
        <label title={why} class={why ? "cd-off" : ""}>
          <input
            type="checkbox"
            checked={value === true}
            disabled={Boolean(why)}
            aria-description={why || undefined}
            onChange={(event) => set(event.currentTarget.checked)}
          />{" "}
          {label}
        </label>
      );
    case "button":
      return (
        <button type="button" onClick={() => set(null)}>
          {label}
        </button>
      );
    case "select":
      return (
        <select aria-label={label} title={label} value={String(value)} onChange={(event) => set(event.currentTarget.value)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={Boolean(choice.why)}>
              {choice.why ? `${choice.label} (${choice.why})` : choice.label}
            </option>
          ))}
        </select>
      );
    case "tabs":
      return <Radios class="cd-tabs" label={label} value={value} options={choices} pick={set} />;
    case "about":
      return null;
  }
}
