import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useUnique } from "./unique";

const EDGE = 8; // px between a note and the edges of the page
const WIDTH = 25; // em
const MIN_HEIGHT = 260; // px

/** A "?" button with a short help text. The text is in the top layer, so nothing cuts it off. */
export function Help({ about, children }: { about: string; children: ComponentChildren }) {
  const id = useUnique("help");
  const button = useRef<HTMLButtonElement>(null);
  const note = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return;
    const onScroll = (event: Event) => {
      if (event.target !== note.current) note.current?.hidePopover();
    };
    document.addEventListener("scroll", onScroll, { capture: true, passive: true });
    return () => document.removeEventListener("scroll", onScroll, { capture: true });
  }, [open]);
  return (
    <span class="cd-help">
      <button ref={button} type="button" aria-label={`What is ${about}?`} popovertarget={id}>
        ?
      </button>
      <span
        ref={note}
        id={id}
        popover="auto"
        role="note"
        aria-label={`About ${about}`}
        onBeforeToggle={(event) => {
          const opens = event.newState === "open";
          setOpen(opens);
          if (!opens || !button.current || !note.current) return;
          const page = { width: window.innerWidth, height: window.innerHeight };
          const font = Number.parseFloat(getComputedStyle(button.current).fontSize) || 13;
          const position = placeNote(button.current.getBoundingClientRect(), page, WIDTH * font);
          Object.assign(note.current.style, position);
        }}
      >
        {children}
      </span>
    </span>
  );
}

interface Box {
  left: number;
  top: number;
  bottom: number;
}

/** Place a note below its button, or above it if there is more room. */
export function placeNote({ left, top, bottom }: Box, page: { width: number; height: number }, maxWidth: number) {
  const width = Math.min(maxWidth, page.width - 2 * EDGE);
  const below = page.height - bottom;
  const under = below >= MIN_HEIGHT || below >= top;
  return {
    width: `${width}px`,
    left: `${Math.max(EDGE, Math.min(left, page.width - width - EDGE))}px`,
    top: under ? `${bottom + 4}px` : "auto",
    bottom: under ? "auto" : `${page.height - top + 4}px`,
    maxHeight: `${(under ? below : top) - 4 - EDGE}px`,
  };
}
