import { useRef } from "preact/hooks";
import type { Choice } from "./state";

interface Props {
  label: string;
  value: string | boolean | null;
  options: Choice[];
  class: string;
  /** What a choice does, for the tooltips. */
  hint?: string;
  pick: (value: string) => void;
}

const DIRECTIONS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Buttons of which one is chosen. As with radio buttons, Tab stops once and arrows move between them. */
export function Radios({ label, value, options, class: name, hint = "", pick }: Props) {
  const group = useRef<HTMLSpanElement>(null);
  const open = options.filter(({ disabled_reason }) => !disabled_reason);
  const stop = open.some((option) => option.value === value) ? value : open[0]?.value;
  const choose = (other: string) => {
    if (other !== value) pick(other); // a choice may start a new run, so it is not repeated
  };
  const move = (event: KeyboardEvent) => {
    const direction = DIRECTIONS[event.key];
    if (!direction || !open.length) return;
    event.preventDefault();
    event.stopPropagation();
    const index = open.findIndex((option) => option.value === stop);
    const next = open[(index + direction + open.length) % open.length];
    choose(next.value);
    group.current?.querySelector<HTMLElement>(`[data-value="${next.value}"]`)?.focus();
  };
  return (
    <span ref={group} class={name} role="radiogroup" aria-label={label} onKeyDown={move}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          data-value={option.value}
          tabIndex={option.value === stop ? 0 : -1}
          aria-checked={option.value === value}
          disabled={Boolean(option.disabled_reason)}
          title={option.disabled_reason || hint}
          aria-description={option.disabled_reason || hint || undefined}
          onClick={() => choose(option.value)}
        >
          {option.label}
        </button>
      ))}
    </span>
  );
}
