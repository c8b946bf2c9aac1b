import { useEffect, useState } from "preact/hooks";

const DURATION = 6000; // ms

/** Smallest and largest accepted number. */
export type Limits = readonly number[];

interface Props {
  id?: string;
  label?: string;
  value: number;
  digits?: number;
  limits: Limits;
  whole?: boolean;
  unit?: string;
  disabled?: boolean;
  /** Why a number within the limits is refused; empty if it is not. */
  refuse?: (value: number) => string;
  set: (value: number) => void;
}

/**
 * A field of a number, with a point or a comma. It keeps what was accepted, names its range, and says at
 * once what is wrong with another number.
 */
export function NumberInput({ id, label, value, digits = 6, limits, whole = false, unit = "", disabled = false, refuse, set }: Props) {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (!problem) return;
    const timer = setTimeout(() => setProblem(""), DURATION);
    return () => clearTimeout(timer);
  }, [problem]);
  const shown = String(Number(value.toFixed(digits)));
  const range = describe(limits, whole, unit);
  return (
    <span class="cd-number">
      <input
        id={id}
        type="text"
        inputMode={whole ? "numeric" : "decimal"}
        class="cd-numbers"
        aria-label={label}
        aria-invalid={problem ? true : undefined}
        title={range}
        value={shown}
        disabled={disabled}
        onInput={() => setProblem("")}
        onChange={(event) => {
          const text = event.currentTarget.value;
          const typed = parseNumber(text);
          event.currentTarget.value = shown; // until the number is accepted
          const inside = typed !== null && typed >= limits[0] && typed <= limits[1] && (!whole || Number.isInteger(typed));
          const wrong = inside ? (refuse?.(typed) ?? "") : `${text.trim().slice(0, 30) || "Nothing"} is not accepted. Enter ${range}.`;
          setProblem(wrong);
          if (typed !== null && !wrong) set(typed);
        }}
      />
      {problem && (
        <span class="cd-problem-note" role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}

/** "a whole number from 1 to 1000000" or "a number from 0 to 5 K". */
function describe([low, high]: Limits, whole: boolean, unit: string): string {
  return `${whole ? "a whole number" : "a number"} from ${low} to ${high}${unit && ` ${unit}`}`;
}

/** Read a number that the user typed; null if it is none. */
export function parseNumber(text: string): number | null {
  const value = Number(text.trim().replace(",", "."));
  return text.trim() && Number.isFinite(value) ? value : null;
}
