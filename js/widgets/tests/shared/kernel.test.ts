import { expect, it, vi } from "vitest";
import { watchKernel } from "../../src/shared/kernel";
import { fakeKernel } from "./fake-kernel";

function watched(kernel = fakeKernel()) {
  const onLink = vi.fn();
  const el = document.createElement("div");
  return { kernel, onLink, el, leave: watchKernel({ kernel }, el, onLink) };
}

it.each(["restarting", "autorestarting", "dead", "terminating"])("is gone when the kernel is %s", (status) => {
  const { kernel, onLink } = watched();
  kernel.statusChanged.emit("busy");
  expect(onLink).not.toHaveBeenCalled();
  kernel.statusChanged.emit(status);
  kernel.statusChanged.emit("idle");
  kernel.connectionStatusChanged.emit("connected");
  expect(onLink.mock.calls).toEqual([["gone"]]);
});

it("is gone when the kernel is shut down, or already was", () => {
  const { kernel, onLink } = watched();
  kernel.disposed.emit("");
  expect(onLink.mock.calls).toEqual([["gone"]]);
  expect(watched(fakeKernel("dead")).onLink.mock.calls).toEqual([["gone"]]);
});

it("reports a lost and a restored connection", () => {
  const { kernel, onLink } = watched();
  kernel.connectionStatusChanged.emit("connecting");
  kernel.connectionStatusChanged.emit("connected");
  expect(onLink.mock.calls).toEqual([["lost"], ["live"]]);
});

it("uses the class of frontends that expose no kernel", async () => {
  const onLink = vi.fn();
  const el = document.createElement("div");
  watchKernel(undefined, el, onLink);
  el.classList.add("jupyter-widgets-disconnected");
  await vi.waitFor(() => expect(onLink.mock.calls).toEqual([["gone"]]));
});

it("disconnects its slots", () => {
  const { kernel, leave } = watched();
  leave();
  expect(kernel.statusChanged.slots.size + kernel.disposed.slots.size).toBe(0);
});
