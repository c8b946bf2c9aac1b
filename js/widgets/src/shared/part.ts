/**
 * A part of the Explorer: Python owns one trait, `state`; what a person does goes back as messages
 * (confdiff_widgets/widgets/panel.py).
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { type ComponentType, createElement, render } from "preact";
import { type Link, watchKernel } from "./kernel";
import type { Heard, Listen } from "./listen";
import "./theme.css";

export interface PartProps<State, Message> {
  state: State;
  send: (message: Message) => void;
  listen?: Listen;
  /** Of the kernel; a part that does not say what it means is dead while it is not "live". */
  link?: Link;
}

interface Traits<State> {
  state: State;
}

interface Options<State> {
  extra?: (model: AnyModel<Traits<State>>, el: HTMLElement) => () => void;
  /** It says itself when the kernel is gone, and stays alive. */
  says?: boolean;
}

/** A widget that draws a component whenever its state changes. */
export function part<State extends object, Message extends object>(
  component: ComponentType<PartProps<State, Message>>,
  { extra, says = false }: Options<State> = {},
): AnyWidget<Traits<State>> {
  return {
    render({ model, el }) {
      el.classList.add("confdiff-part");
      // JupyterLab's shortcuts (space scrolls, arrows move between cells) stay out
      el.dataset.lmSuppressShortcuts = "true";
      // and the notebook, which takes arrow keys for itself, never sees a field's keys
      const fieldsOnly = (event: Event) => {
        if ((event.target as Element).closest("input, select, textarea")) event.stopPropagation();
      };
      el.addEventListener("keydown", fieldsOnly);
      let link: Link = "live";
      const send = (message: Message) => {
        if (link !== "gone") model.send(message);
      };
      const listen: Listen = (heard: Heard) => {
        model.on("msg:custom", heard);
        return () => model.off("msg:custom", heard);
      };
      const draw = () => {
        el.inert = link !== "live" && !says;
        const props = { state: model.get("state"), send, listen, link };
        render(createElement(component, props), el);
      };
      model.on("change:state", draw);
      const leave = watchKernel(model.widget_manager, el, (now) => {
        link = now;
        draw();
      });
      draw();
      const cleanup = extra?.(model, el);
      return () => {
        cleanup?.();
        leave();
        model.off("change:state", draw);
        el.removeEventListener("keydown", fieldsOnly);
        render(null, el);
      };
    },
  };
}
