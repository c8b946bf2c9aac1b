/** State and messages of a toolbar (panel_states.py, controller.py). */

import type { Choice } from "../shared/state";

export interface Control {
  key: string;
  kind: "tabs" | "select" | "check" | "button" | "about";
  label: string;
  help: string;
  /** Why it cannot be used; empty if it can. */
  disabled_reason: string;
  value: string | boolean | null;
  choices: Choice[];
}

export interface ToolbarState {
  label: string;
  controls: Control[];
}

export type ToolbarMessage = { set_option: { key: string; value: string | boolean | null } };
