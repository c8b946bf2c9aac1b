import { Help } from "../shared/help";
import type { PanelProps } from "../shared/panel";
import { Radios } from "../shared/radios";
import type { Control, ToolbarMessage, ToolbarState } from "./state";

/** A row of small controls, as listed by Python; "about" is a help button placed elsewhere. */
export function Toolbar({ state, send }: PanelProps<ToolbarState, ToolbarMessage>) {
  return (
    <div class="cd-toolbar" role="toolbar" aria-label={state.label}>
      {state.controls.map((control) => (
        <span key={control.key} class={`cd-control cd-${control.kind}`} data-key={control.key}>
          <Field control={control} set={(value) => send({ set_option: { key: control.key, value } })} />
          {control.help && <Help about={control.label}>{control.help}</Help>}
        </span>
      ))}
    </div>
  );
}

function Field({ control, set }: { control: Control; set: (value: string | boolean | null) => void }) {
  const { kind, label, disabled_reason, value, choices } = control;
  switch (kind) {
    case "check":
      return (
        <label title={disabled_reason} class={disabled_reason ? "cd-off" : ""}>
          <input
            type="checkbox"
            checked={value === true}
            disabled={Boolean(disabled_reason)}
            aria-description={disabled_reason || undefined}
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
            <option key={choice.value} value={choice.value} disabled={Boolean(choice.disabled_reason)}>
              {choice.disabled_reason ? `${choice.label} (${choice.disabled_reason})` : choice.label}
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
