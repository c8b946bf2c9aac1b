/** State and messages of the table of conformers (panel_states.py, controller.py). */

import type { Validity } from "../shared/state";

export interface Column {
  key: string;
  label: string;
  unit: string;
  hint: string;
  digits: number;
}

export interface ExportState {
  kind: string;
  label: string;
  hint: string;
  disabled_reason: string;
}

export interface SavedRun {
  folder: string;
  label: string;
  /** Why it cannot be opened; empty if it can. */
  problem: string;
}

export interface EnsembleState {
  /** "16 conformers · predictions x̂₀ at step 12". */
  description: string;
  columns: Column[];
  /** One array per column with a value per conformer, for the first conformers of a large batch. */
  values: Record<string, (number | null)[]>;
  colors: string[];
  /** "clash", "broken bond", both, or nothing, for each conformer. */
  problems: string[];
  selected: number[];
  /** How many conformers the viewer draws at once. */
  max_drawn: number;
  /** Of all conformers; null before there are any. */
  validity: Validity | null;
  /** Leave invalid conformers out of the table and of exports. */
  only_valid: boolean;
  /** "Export all 16 conformers:". */
  export_scope: string;
  exports: ExportState[];
  saved_runs: SavedRun[];
  /** Result of the last export. */
  export_message: string;
}

export type EnsembleMessage =
  | { select_conformers: number[] }
  | { hover: number | null }
  | { only_valid: boolean }
  | { export: string }
  | { open_run: string }
  | { list_runs: true };

/** Conformers sorted by a column; those without a value come last. */
export function sorted(values: (number | null)[], descending: boolean): number[] {
  const order = values.map((_, index) => index);
  const sign = descending ? -1 : 1;
  return order.sort((a, b) => {
    const x = values[a] ?? null;
    const y = values[b] ?? null;
    if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0) || a - b;
    return sign * (x - y) || a - b;
  });
}

/** The selection after a click on a row; ctrl or shift adds and removes (`more`). */
export function selectionAfter(selected: number[], index: number, more: boolean): number[] {
  if (!more) return selected.length === 1 && selected[0] === index ? [] : [index];
  return selected.includes(index) ? selected.filter((i) => i !== index) : [...selected, index];
}

/** Say how many conformers the table omits; empty if none. */
export function describeOmitted(listed: number, sent: number, count: number): string {
  if (listed === count) return "";
  const among = sent < count ? `, out of the first ${sent}` : "";
  return `${listed} of ${count} conformers are listed${among}.`;
}
