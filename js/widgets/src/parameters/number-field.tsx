import { parseNumber } from "./state";

interface Props {
  label: string;
  value: number;
  digits: number;
  disabled?: boolean;
  set: (value: number) => void;
}

/** A text field of a number, with a point or a comma. It shows what was accepted. */
export function NumberField({ label, value, digits, disabled = false, set }: Props) {
  const shown = String(Number(value.toFixed(digits)));
  return (
    <input
      type="text"
      inputMode="decimal"
      class="cd-numbers"
      aria-label={label}
      value={shown}
      disabled={disabled}
      onChange={(event) => {
        const typed = parseNumber(event.currentTarget.value);
        event.currentTarget.value = shown; // until the number is accepted
        if (typed !== null) set(typed);
      }}
    />
  );
}
