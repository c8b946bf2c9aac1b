import { useState } from "preact/hooks";

/** An id that is unique on the page: each panel has its own modules, and may be there twice. */
export function useUnique(name: string): string {
  const [id] = useState(() => `cd-${name}-${Math.random().toString(36).slice(2)}`);
  return id;
}
