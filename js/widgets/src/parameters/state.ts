/**
 * State and messages of the panel of guidance parameters and settings (panel_states.py,
 * controller.py).
 */

import type { Choice } from "../shared/state";

export interface Parameter {
  value: number;
  /** Smallest and largest accepted value. */
  limits: number[];
  /** Minimum of the slider. */
  min: number;
  /** Maximum of the slider; the number field accepts larger values. */
  max: number;
  default: number;
  /** Why it cannot be changed; empty if it can. */
  disabled_reason: string;
  /** Largest and smallest t at which it acts; 1 and 0 for always. */
  window: number[];
}

/** The temperature (K) that η stands for with temperature guidance. */
export interface Temperature {
  /** Temperature at η = 0. */
  hot: number;
  /** Temperature at η = 1. */
  cold: number;
  default: number;
  /** "335 K", "≈ 335 K", or "varied" where the run has no single temperature. */
  label: string;
  /** Why the temperature is approximate or varied; empty if it is exact. */
  note: string;
}

/** Kind of physical guidance. */
export interface GuidanceState {
  value: string;
  choices: Choice[];
  help: string;
}

export interface Settings {
  protein: string;
  /** Name or path; empty for the bundled networks. */
  model: string;
  solver: string;
  steps: number;
  samples: number;
  t_start: number;
  /** Name of the starting structure, or "none". */
  structure: string;
  /** Fixed residues, such as 3-8,12; empty for none. */
  fixed: string;
  device: string;
  /** Name of the simulation whose plane is shown; empty for the bundled or own one. */
  reference: string;
  /** Sequence in the second viewer; empty for none. */
  compared: string;
}

export interface SettingChoices {
  protein: Choice[];
  model: Choice[];
  solver: Choice[];
  device: Choice[];
}

export interface ParametersState {
  gamma: Parameter;
  eta: Parameter;
  /** null for kinds of guidance without a temperature. */
  temperature: Temperature | null;
  guidance: GuidanceState;
  settings: Settings;
  choices: SettingChoices;
  /** Smallest and largest accepted value of the settings that are numbers. */
  limits: Record<string, number[]>;
  /** Memory and time of a run with these settings. */
  estimate: string;
}

export type UploadedFile = { name: string; text: string };

export type ChangedSettings = Partial<Omit<Settings, "model" | "structure" | "fixed" | "reference" | "compared">> | { model: string | null };

export type ParametersMessage =
  | { set_parameters: { gamma?: number; eta?: number; temperature?: number } }
  | { set_windows: { gamma?: number[]; eta?: number[] } }
  | { guidance: string }
  | { settings: ChangedSettings }
  | { structure: UploadedFile }
  | { open_file: UploadedFile }
  | { fix_residues: string }
  | { reference: string }
  | { compare_sequence: string };

/** The value of a parameter within the range of its slider. */
export function onSlider(parameter: Parameter): number {
  return Math.min(Math.max(parameter.value, parameter.min), parameter.max);
}
