import { useRef } from "preact/hooks";

export interface Option {
  value: string;
  label: string;
  /** Why it cannot be chosen; empty when it can. */
  why: string;
}

interface Props {
  label: string;
  value: string | boolean | null;
  options: Option[];
  class: string;
  /** What choosing does, for the tooltips. */
  hint?: string;
  pick: (value: string) => void;
}

const WAYS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Buttons of which one is chosen: one stop of the Tab key, arrows move on, as radio buttons do. */
export function Radios({ label, value, options, class: name, hint = "", pick }: Props) {
  const group = useRef<HTMLSpanElement>(null);
  const open = options.filter(({ why }) => !why);
  const stop = open.some((option) => option.value === value) ? value : open[0]?.value;
  const choose = (other: string) => {
    if (other !== value) pick(other); // what is chosen already may not begin anew
  };
  const move = (event: KeyboardEvent) => {
    const way = WAYS[event.key];
    if (!way || !open.length) return;
    event.preventDefault();
    event.stopPropagation();
    const at = open.findIndex((option) => option.value === stop);
    const next = open[(at + way + open.length) % open.length];
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
          disabled={Boolean(option.why)}
          title={option.why || hint}
          aria-description={option.why || hint || undefined}
          onClick={() => choose(option.value)}
        >
          {option.label}
        </button>
      ))}
    </span>
  );
}
