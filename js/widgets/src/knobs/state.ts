/** What Python sends to the panel of knobs and settings, and what it answers (widgets/_states.py). */

export interface Knob {
  value: number;
  /** Range of the slider; the number field takes more. */
  max: number;
  default: number;
  /** Why it cannot be moved; empty when it can. */
  why: string;
  /** From and to which t it acts; 1 to 0 is always. */
  window: [number, number];
}

export interface Choice {
  value: string;
  label: string;
  /** Why it cannot be chosen; empty when it can. */
  why: string;
}

export interface Settings {
  protein: string;
  /** Name or path; empty for the bundled networks. */
  model: string;
  solver: string;
  steps: number;
  samples: number;
  t_start: number;
  start: string;
  /** Residues that keep their shape in the structure, such as 3-8,12; empty for none. */
  fixed: string;
  device: string;
}

export interface KnobsState {
  gamma: Knob;
  eta: Knob;
  guidance: { value: string; choices: Choice[] };
  settings: Settings;
  choices: { protein: Choice[]; model: Choice[]; solver: Choice[]; device: Choice[] };
  /** How much memory and time a run of the settings takes. */
  estimate: string;
}

export type KnobsMessage =
  | { turn: { gamma?: number; eta?: number } }
  | { guidance: string }
  | { window: { gamma?: [number, number]; eta?: [number, number] } }
  | { settings: Partial<Omit<Settings, "model">> | { model: string | null } }
  | { structure: { name: string; text: string } }
  | { fix: string };

/** The nearest number a slider can show. */
export function onSlider(knob: Knob): number {
  return Math.min(Math.max(knob.value, 0), knob.max);
}

/** A number that a person typed, or null when it is none. */
export function typed(text: string): number | null {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() && Number.isFinite(value) ? value : null;
}
