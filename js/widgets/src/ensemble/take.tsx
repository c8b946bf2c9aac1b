import { useEffect, useRef, useState } from "preact/hooks";
import type { Listen } from "../shared/listen";

/** A text on its way to the clipboard; it is there once the browser has said so. */
export interface Copied {
  text: string;
  done: boolean;
}

/** What Python hands over: files are saved, a text goes to the clipboard. */
export function useTaken(listen: Listen | undefined): [Copied | null, () => void] {
  const [copied, setCopied] = useState<Copied | null>(null);
  useEffect(
    () =>
      listen?.(({ file, text }, buffers) => {
        if (typeof text === "string") {
          setCopied(null);
          void copy(text).then((done) => setCopied({ text, done }));
        }
        if (typeof file === "string") save(file, buffers);
      }),
    [],
  );
  return [copied, () => setCopied(null)];
}

/** Whether the browser has put a text on the clipboard; on plain http it has none to offer. */
export async function copy(text: string): Promise<boolean> {
  try {
    if (!navigator.clipboard) return false;
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function save(name: string, buffers: DataView[]): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(buffers as BlobPart[]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A text that the clipboard did not take: all of it selected, for a person to copy. */
export function ByHand({ text, close }: { text: string; close: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
    field.current?.scrollTo(0, 0);
  }, [text]);
  return (
    <div class="cd-by-hand">
      <span>
        The browser gives no access to the clipboard here. The code is selected: press Ctrl+C (⌘C).
      </span>
      <button type="button" class="cd-plain" aria-label="Close the code" onClick={close}>
        ✕
      </button>
      <textarea ref={field} readOnly rows={8} spellcheck={false} aria-label="Code that makes this run again" value={text} />
    </div>
  );
}
