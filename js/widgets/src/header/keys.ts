import { allowed, type Command, commandOf, type HeaderState } from "./state";

/** What takes all keys for itself. */
const FIELDS = "input, select, textarea, [role=slider], [contenteditable]";
/** What space presses. */
const PRESSED = "button, summary, a, [role=button], [role=radio]";

/** Space runs and pauses, → steps, wherever in the Explorer one is; returns what ends it. */
export function watchKeys(
  root: HTMLElement,
  status: () => HeaderState["status"],
  run: (command: Command) => void,
): () => void {
  root.tabIndex = 0;
  const pressed = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(FIELDS)) return;
    if (event.key === " " ? target.closest(PRESSED) : target.closest("[role=radiogroup]")) return;
    const command = commandOf(event.key, status());
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    if (allowed(status(), command)) run(command);
  };
  root.addEventListener("keydown", pressed);
  return () => root.removeEventListener("keydown", pressed);
}
