import type { Kernel } from "../../src/shared/kernel";

type Slot = (sender: unknown, value: string) => void;

function signal() {
  const slots = new Set<Slot>();
  return {
    connect: (slot: Slot) => void slots.add(slot),
    disconnect: (slot: Slot) => void slots.delete(slot),
    emit: (value: string) => slots.forEach((slot) => slot(null, value)),
    slots,
  };
}

/** A kernel as JupyterLab's widget manager exposes it. */
export function fakeKernel(status = "idle") {
  const signals = { statusChanged: signal(), connectionStatusChanged: signal(), disposed: signal() };
  return { status, isDisposed: false, ...signals } satisfies Kernel;
}
