import type { AnyModel } from "@anywidget/types";
import { createElement } from "preact";
import { expect, it, vi } from "vitest";
import { type PartProps, part } from "../../src/shared/part";
import { fakeKernel } from "./fake-kernel";

type Props = PartProps<{ word: string }, { said: string }>;

function Word({ state, send, listen, link }: Props) {
  const press = () => send({ said: state.word });
  listen?.((message) => send({ said: String(message.ping) }));
  return createElement("button", { onClick: press }, `${state.word} ${link}`);
}

function shown(options = {}) {
  const kernel = fakeKernel();
  const heard = new Map<string, (...given: unknown[]) => void>();
  const model = {
    state: { word: "one" },
    get: () => model.state,
    on: (name: string, call: () => void) => void heard.set(name, call),
    off: (name: string) => void heard.delete(name),
    send: vi.fn(),
    widget_manager: { kernel },
  };
  const el = document.createElement("div");
  const widget = part<{ word: string }, { said: string }>(Word, options) as {
    render: (given: { model: AnyModel; el: HTMLElement }) => () => void;
  };
  return { kernel, heard, model, el, leave: widget.render({ model: model as unknown as AnyModel, el }) };
}

it("draws its state, hears Python and answers", () => {
  const { model, heard, el } = shown();
  expect(el.textContent).toBe("one live");
  model.state = { word: "two" };
  heard.get("change:state")?.();
  expect(el.textContent).toBe("two live");
  el.querySelector("button")?.click();
  heard.get("msg:custom")?.({ ping: 3 });
  expect(model.send.mock.calls).toEqual([[{ said: "two" }], [{ said: "3" }]]);
});

it("is dead once the kernel is gone, and sends nothing into the void", () => {
  const { kernel, model, el } = shown();
  kernel.statusChanged.emit("restarting");
  expect(el.inert).toBe(true);
  expect(el.textContent).toBe("one gone");
  el.querySelector("button")?.click();
  expect(model.send).not.toHaveBeenCalled();
});

it("stays alive where it says so itself", () => {
  const { kernel, el } = shown({ says: true });
  kernel.statusChanged.emit("restarting");
  expect(el.inert).toBe(false);
  expect(el.textContent).toBe("one gone");
});

it("cleans up", () => {
  const cleanup = vi.fn();
  const { heard, el, leave } = shown({ extra: () => cleanup });
  leave();
  expect(cleanup).toHaveBeenCalledOnce();
  expect(heard.has("change:state")).toBe(false);
  expect(el.textContent).toBe("");
});
