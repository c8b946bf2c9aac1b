/** Files from the user's computer: chosen in a dialog, or dropped anywhere on the Explorer. */

import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { UploadedFile } from "./state";

/** Bytes that are read; more than Python accepts, so that it refuses larger files by name. */
const MOST_READ = 25e6;

export async function read(file: File): Promise<UploadedFile> {
  return { name: file.name, text: await file.slice(0, MOST_READ).text() };
}

/** Call `open` with each file that is dropped on the Explorer around an element. */
export function useDroppedFiles(inside: RefObject<HTMLElement | null>, open: (file: UploadedFile) => void): void {
  useEffect(() => {
    const explorerOf = ({ target, dataTransfer }: DragEvent) => {
      if (!dataTransfer?.types.includes("Files") || !(target instanceof Element)) return null;
      const explorer = target.closest(".confdiff-explorer");
      return explorer?.contains(inside.current) ? explorer : null;
    };
    const over = (event: DragEvent) => {
      const explorer = explorerOf(event);
      if (!explorer) return;
      event.preventDefault();
      explorer.classList.toggle("cd-drop", event.type === "dragover");
    };
    const drop = (event: DragEvent) => {
      const file = event.dataTransfer?.files[0];
      const explorer = explorerOf(event);
      if (!explorer || !file) return;
      event.preventDefault();
      event.stopPropagation();
      explorer.classList.remove("cd-drop");
      void read(file).then(open);
    };
    const listeners = [["dragover", over], ["dragleave", over], ["drop", drop]] as const;
    for (const [type, listener] of listeners) document.addEventListener(type, listener, true);
    return () => {
      for (const [type, listener] of listeners) document.removeEventListener(type, listener, true);
    };
  }, []);
}
