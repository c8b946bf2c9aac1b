/** Whether the kernel behind a widget still lives: no widget is told when it dies. */

interface Signal {
  connect(slot: (sender: unknown, value: string) => void): void;
  disconnect(slot: (sender: unknown, value: string) => void): void;
}

/** What JupyterLab's widget manager knows of its kernel (@jupyterlab/services). */
export interface Kernel {
  status: string;
  isDisposed: boolean;
  statusChanged: Signal;
  connectionStatusChanged: Signal;
  disposed: Signal;
}

export type Link = "live" | "lost" | "gone";

const ENDS = new Set(["restarting", "autorestarting", "terminating", "dead"]);

/**
 * Call with "gone" once the kernel has ended (another one does not know this widget), with "lost"
 * while there is no connection to it, and with "live" when that is back. A frontend that does not
 * show its kernel marks what is disconnected with a class around `el`.
 */
export function watchKernel(
  manager: unknown,
  el: HTMLElement,
  tell: (link: Link) => void,
): () => void {
  const kernel = (manager as { kernel?: Kernel | null } | undefined)?.kernel;
  let ended = false;
  const end = () => {
    if (!ended) tell("gone");
    ended = true;
  };
  const status = (_: unknown, now: string) => {
    if (ENDS.has(now)) end();
  };
  const connection = (_: unknown, now: string) => {
    if (!ended) tell(now === "connected" ? "live" : "lost");
  };
  const classes = new MutationObserver(() => {
    if (el.closest(".jupyter-widgets-disconnected")) end();
  });
  classes.observe(el, { attributeFilter: ["class"] });
  if (kernel?.isDisposed || ENDS.has(kernel?.status ?? "")) end();
  kernel?.statusChanged.connect(status);
  kernel?.connectionStatusChanged.connect(connection);
  kernel?.disposed.connect(end);
  return () => {
    classes.disconnect();
    kernel?.statusChanged.disconnect(status);
    kernel?.connectionStatusChanged.disconnect(connection);
    kernel?.disposed.disconnect(end);
  };
}
