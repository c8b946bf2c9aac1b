/** What Python sends to the table, and what it answers (widgets/_states.py). */

export interface Column {
  key: string;
  label: string;
  unit: string;
  hint: string;
  digits: number;
}

export interface Kept {
  sound: number;
  clash: number;
  broken: number;
}

export interface EnsembleState {
  /** "predictions at step 12" or "result". */
  of: string;
  columns: Column[];
  /** One array a column, a number or null a conformer; the first `MOST_ROWS` of Python's. */
  values: Record<string, (number | null)[]>;
  /** Conformers there are. */
  count: number;
  colors: string[];
  /** Conformers that clash or are broken: "clash", "broken" or nothing. */
  flaws: string[];
  selected: number[];
  /** How many conformers the viewer draws at once. */
  drawn: number;
  /** Of all conformers; null before there are any. */
  kept: Kept | null;
  /** Leave flawed conformers out of the table and of files. */
  only_sound: boolean;
  /** What files of structures and the CSV hold: "all 16 conformers". */
  takes: string;
  exports: { kind: string; label: string; hint: string; why: string }[];
  runs: { folder: string; label: string }[];
  /** What became of the last export. */
  told: string;
}

export type EnsembleMessage =
  | { choose: number[] }
  | { hover: number | null }
  | { only_sound: boolean }
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

/** "kept 14 of 16 (2 clash, 0 broken)". */
export function keptOf({ kept, count }: EnsembleState): string {
  return kept ? `kept ${kept.sound} of ${count} (${kept.clash} clash, ${kept.broken} broken)` : "";
}

/** What the table leaves out, where it does. */
export function leftOut(listed: number, sent: number, count: number): string {
  if (listed === count) return "";
  const among = sent < count ? `, of the first ${sent}` : "";
  return `${listed} of ${count} conformers are listed${among}.`;
}
