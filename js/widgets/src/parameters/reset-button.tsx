interface Props {
  what: string;
  to: string;
  disabled: boolean;
  reset: () => void;
}

/** Resets a parameter to its default. */
export function ResetButton({ what, to, disabled, reset }: Props) {
  return (
    <button
      type="button"
      class="cd-plain"
      title={`Reset to ${to}`}
      aria-label={`Reset ${what} to ${to}`}
      disabled={disabled}
      onClick={reset}
    >
      ↺
    </button>
  );
}
