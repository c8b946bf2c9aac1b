/**
 * A part of the Explorer: Python owns one trait, `state`; what a person does goes back as messages
 * (confdiff_widgets/widgets/_part.py).
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { type ComponentType, createElement, render } from "preact";
import "./theme.css";

export interface PartProps<State, Message> {
  state: State;
  send: (message: Message) => void;
}

interface Traits<State> {
  state: State;
}

/** A widget that draws a component whenever its state changes. */
export function part<State extends object, Message extends object>(
  component: ComponentType<PartProps<State, Message>>,
  extra?: (model: AnyModel<Traits<State>>, el: HTMLElement) => () => void,
): AnyWidget<Traits<State>> {
  return {
    render({ model, el }) {
      el.classList.add("confdiff-part");
      // JupyterLab's shortcuts (space scrolls, arrows move between cells) stay out
      el.dataset.lmSuppressShortcuts = "true";
      // and the notebook, which takes arrow keys for itself, never sees a field's keys
      const fieldsOnly = (event: Event) => {
        if ((event.target as Element).closest("input, select")) event.stopPropagation();
      };
      el.addEventListener("keydown", fieldsOnly);
      const send = (message: Message) => model.send(message);
      const draw = () => render(createElement(component, { state: model.get("state"), send }), el);
      model.on("change:state", draw);
      draw();
      const cleanup = extra?.(model, el);
      return () => {
        cleanup?.();
        model.off("change:state", draw);
        el.removeEventListener("keydown", fieldsOnly);
        render(null, el);
      };
    },
  };
}
