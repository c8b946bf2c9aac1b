import { useEffect, useState } from "preact/hooks";

const HOLD = 1200; // ms

/**
 * A value that Python owns and a person moves: for a moment after a move it is the person's, so
 * that an answer on its way does not pull the slider back. The last function gives it back at once.
 */
export function useHeld<T>(owned: T): [T, (moved: T) => void, () => void] {
  const [held, hold] = useState<{ value: T } | null>(null);
  useEffect(() => {
    if (!held) return;
    const letGo = setTimeout(() => hold(null), HOLD);
    return () => clearTimeout(letGo);
  }, [held]);
  return [held ? held.value : owned, (value) => hold({ value }), () => hold(null)];
}
