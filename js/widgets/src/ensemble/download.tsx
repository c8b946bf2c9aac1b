import { useEffect, useRef, useState } from "preact/hooks";
import type { Listen } from "../shared/listen";

/** A text for the clipboard; `done` once the browser has accepted it. */
export interface Copied {
  text: string;
  done: boolean;
}

/** Handle exports from Python: files are downloaded, a text goes to the clipboard. */
export function useDownloads(listen: Listen | undefined): [Copied | null, () => void] {
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

/** Copy a text; returns whether it worked. Browsers offer no clipboard on plain http. */
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

/** A selected text for the user to copy, if the clipboard did not accept it. */
export function ManualCopy({ text, close }: { text: string; close: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
    field.current?.scrollTo(0, 0);
  }, [text]);
  return (
    <div class="cd-manual-copy">
      <span>
        The browser does not allow access to the clipboard here. The code is selected: press Ctrl+C (⌘C).
      </span>
      <button type="button" class="cd-plain" aria-label="Close code" onClick={close}>
        ✕
      </button>
      <textarea ref={field} readOnly rows={8} spellcheck={false} aria-label="Code that repeats this run" value={text} />
    </div>
  );
}
