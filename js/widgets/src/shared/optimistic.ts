import { useEffect, useState } from "preact/hooks";

const DURATION = 1200; // ms

/**
 * A value that Python owns and the user changes: after a change the user's value is shown for a
 * moment, so that an older state on its way does not move a slider back. The last function returns
 * to Python's value at once.
 */
export function useOptimistic<T>(owned: T): [T, (changed: T) => void, () => void] {
  const [changed, setChanged] = useState<{ value: T } | null>(null);
  useEffect(() => {
    if (!changed) return;
    const timer = setTimeout(() => setChanged(null), DURATION);
    return () => clearTimeout(timer);
  }, [changed]);
  return [changed ? changed.value : owned, (value) => setChanged({ value }), () => setChanged(null)];
}
