/** Watch the kernel of a widget: widgets are not notified when it ends. */

interface Signal {
  connect(slot: (sender: unknown, value: string) => void): void;
  disconnect(slot: (sender: unknown, value: string) => void): void;
}

/** The kernel of JupyterLab's widget manager (@jupyterlab/services). */
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
 * Call back with "gone" once the kernel has ended (a new kernel does not know this widget), with
 * "lost" while there is no connection, and with "live" when it is back. Frontends that do not expose
 * their kernel mark disconnected widgets with a class on a parent of `el`.
 */
export function watchKernel(
  manager: unknown,
  el: HTMLElement,
  onLink: (link: Link) => void,
): () => void {
  const kernel = (manager as { kernel?: Kernel | null } | undefined)?.kernel;
  let ended = false;
  const end = () => {
    if (!ended) onLink("gone");
    ended = true;
  };
  const status = (_: unknown, now: string) => {
    if (ENDS.has(now)) end();
  };
  const connection = (_: unknown, now: string) => {
    if (!ended) onLink(now === "connected" ? "live" : "lost");
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
