import type { AnyModel } from "@anywidget/types";
import { createElement } from "preact";
import { expect, it, vi } from "vitest";
import { type PanelProps, panel } from "../../src/shared/panel";
import { fakeKernel } from "./fake-kernel";

type Props = PanelProps<{ word: string }, { reply: string }>;

function Word({ state, send, listen, link }: Props) {
  const press = () => send({ reply: state.word });
  listen?.((message) => send({ reply: String(message.ping) }));
  return createElement("button", { onClick: press }, `${state.word} ${link}`);
}

function shown(options = {}) {
  const kernel = fakeKernel();
  const listeners = new Map<string, (...values: unknown[]) => void>();
  const model = {
    state: { word: "one" },
    get: () => model.state,
    on: (name: string, call: () => void) => void listeners.set(name, call),
    off: (name: string) => void listeners.delete(name),
    send: vi.fn(),
    widget_manager: { kernel },
  };
  const el = document.createElement("div");
  const widget = panel<{ word: string }, { reply: string }>(Word, options) as {
    render: (context: { model: AnyModel; el: HTMLElement }) => () => void;
  };
  return { kernel, listeners, model, el, leave: widget.render({ model: model as unknown as AnyModel, el }) };
}

it("draws its state, receives messages and sends them", () => {
  const { model, listeners, el } = shown();
  expect(el.textContent).toBe("one live");
  model.state = { word: "two" };
  listeners.get("change:state")?.();
  expect(el.textContent).toBe("two live");
  el.querySelector("button")?.click();
  listeners.get("msg:custom")?.({ ping: 3 });
  expect(model.send.mock.calls).toEqual([[{ reply: "two" }], [{ reply: "3" }]]);
});

it("is inert and sends nothing once the kernel is gone", () => {
  const { kernel, model, el } = shown();
  kernel.statusChanged.emit("restarting");
  expect(el.inert).toBe(true);
  expect(el.textContent).toBe("one gone");
  el.querySelector("button")?.click();
  expect(model.send).not.toHaveBeenCalled();
});

it("stays active if it reports the link itself", () => {
  const { kernel, el } = shown({ reportsLink: true });
  kernel.statusChanged.emit("restarting");
  expect(el.inert).toBe(false);
  expect(el.textContent).toBe("one gone");
});

it("cleans up", () => {
  const cleanup = vi.fn();
  const { listeners, el, leave } = shown({ setUp: () => cleanup });
  leave();
  expect(cleanup).toHaveBeenCalledOnce();
  expect(listeners.has("change:state")).toBe(false);
  expect(el.textContent).toBe("");
});
