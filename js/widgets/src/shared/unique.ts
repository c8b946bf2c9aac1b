import { useState } from "preact/hooks";

/** An id that nothing else on the page has: parts are modules of their own and may stand there twice. */
export function useUnique(name: string): string {
  const [id] = useState(() => `cd-${name}-${Math.random().toString(36).slice(2)}`);
  return id;
}
