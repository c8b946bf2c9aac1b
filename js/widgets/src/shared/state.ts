/**
 * Types that several panels share. Interfaces of the `state.ts` files have the names and fields of
 * the classes in confdiff_widgets/widgets/explorer/panel_states.py.
 */

export interface Choice {
  value: string;
  label: string;
  /** Why it cannot be chosen; empty if it can. */
  disabled_reason: string;
}

/** Numbers of conformers; an invalid one can have both a clash and a broken bond. */
export interface Validity {
  count: number;
  valid: number;
  clash: number;
  broken: number;
}

/** "16/16 valid" or "3 of 16 invalid: 2 clashes, 1 broken bond". */
export function describeValidity({ count, valid, clash, broken }: Validity): string {
  if (valid === count) return `${count}/${count} valid`;
  const problems = [
    clash ? `${clash} clash${clash > 1 ? "es" : ""}` : "",
    broken ? `${broken} broken bond${broken > 1 ? "s" : ""}` : "",
  ];
  return `${count - valid} of ${count} invalid: ${problems.filter(Boolean).join(", ")}`;
}
