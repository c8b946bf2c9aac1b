/** What Python sends to the table, and what it answers (widgets/_ensemble.py). */

export interface Column {
  key: string;
  label: string;
  unit: string;
  hint: string;
  digits: number;
}

export interface EnsembleState {
  /** "predictions at step 12" or "result". */
  of: string;
  columns: Column[];
  /** One array a column, a number or null a conformer. */
  values: Record<string, (number | null)[]>;
  colors: string[];
  /** Conformers that clash or are broken: "clash", "broken" or nothing. */
  flaws: string[];
  selected: number[];
  kept: number;
  exports: { kind: string; label: string; hint: string }[];
  runs: { folder: string; label: string }[];
  /** What became of the last export or copy. */
  told: string;
}

export type EnsembleMessage =
  | { choose: number[] }
  | { export: string }
  | { open: string }
  | { list: true };

/** Conformers in the order of a column; those without a value come last. */
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

/** The selection after a click: alone, or added and taken away with ctrl or shift. */
export function chosen(selected: number[], index: number, more: boolean): number[] {
  if (!more) return selected.length === 1 && selected[0] === index ? [] : [index];
  return selected.includes(index) ? selected.filter((i) => i !== index) : [...selected, index];
}
