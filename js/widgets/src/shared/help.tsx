import { useEffect, useRef, useState } from "preact/hooks";

/** A "?" that explains something in a few sentences. */
export function Help({ about, children }: { about: string; children: string }) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (!open) return;
    const close = (event: Event) => {
      const elsewhere = event.target instanceof Node && !place.current?.contains(event.target);
      if (elsewhere || (event instanceof KeyboardEvent && event.key === "Escape")) setOpen(false);
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, [open]);
  return (
    <span class="cd-help" ref={place}>
      <button
        type="button"
        aria-label={`What is ${about}?`}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        ?
      </button>
      {open && <span role="note">{children}</span>}
    </span>
  );
}
