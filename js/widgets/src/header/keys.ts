import { available, type Command, commandOf, type HeaderState } from "./state";

/** Elements that use all keys. */
const FIELDS = "input, select, textarea, [role=slider], [contenteditable]";
/** Elements that the space bar presses. */
const PRESSED = "button, summary, a, [role=button], [role=radio]";

/** Handle keys anywhere in the Explorer: space runs and pauses, → steps. Returns a function that ends it. */
export function watchKeys(
  root: HTMLElement,
  status: () => HeaderState["status"],
  run: (command: Command) => void,
): () => void {
  root.tabIndex = 0;
  const onKey = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(FIELDS)) return;
    if (event.key === " " ? target.closest(PRESSED) : target.closest("[role=radiogroup]")) return;
    const command = commandOf(event.key, status());
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    if (available(status(), command)) run(command);
  };
  root.addEventListener("keydown", onKey);
  return () => root.removeEventListener("keydown", onKey);
}
