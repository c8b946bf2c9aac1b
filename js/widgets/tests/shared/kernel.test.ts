import { expect, it, vi } from "vitest";
import { watchKernel } from "../../src/shared/kernel";
import { fakeKernel } from "./fake-kernel";

function watched(kernel = fakeKernel()) {
  const tell = vi.fn();
  const el = document.createElement("div");
  return { kernel, tell, el, leave: watchKernel({ kernel }, el, tell) };
}

it.each(["restarting", "autorestarting", "dead", "terminating"])("is gone when it is %s", (status) => {
  const { kernel, tell } = watched();
  kernel.statusChanged.emit("busy");
  expect(tell).not.toHaveBeenCalled();
  kernel.statusChanged.emit(status);
  kernel.statusChanged.emit("idle");
  kernel.connectionStatusChanged.emit("connected");
  expect(tell.mock.calls).toEqual([["gone"]]);
});

it("is gone when it is shut down, or was before", () => {
  const { kernel, tell } = watched();
  kernel.disposed.emit("");
  expect(tell.mock.calls).toEqual([["gone"]]);
  expect(watched(fakeKernel("dead")).tell.mock.calls).toEqual([["gone"]]);
});

it("comes back with its connection", () => {
  const { kernel, tell } = watched();
  kernel.connectionStatusChanged.emit("connecting");
  kernel.connectionStatusChanged.emit("connected");
  expect(tell.mock.calls).toEqual([["lost"], ["live"]]);
});

it("heeds the class of a frontend that shows no kernel", async () => {
  const tell = vi.fn();
  const el = document.createElement("div");
  watchKernel(undefined, el, tell);
  el.classList.add("jupyter-widgets-disconnected");
  await vi.waitFor(() => expect(tell.mock.calls).toEqual([["gone"]]));
});

it("leaves nothing behind", () => {
  const { kernel, leave } = watched();
  leave();
  expect(kernel.statusChanged.slots.size + kernel.disposed.slots.size).toBe(0);
});
