/**
 * A panel of the Explorer: Python owns one trait, `state`; actions of the user are sent back as
 * messages (confdiff_widgets/widgets/panel.py).
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { type ComponentType, createElement, render } from "preact";
import { type Link, watchKernel } from "./kernel";
import type { Listen, OnMessage } from "./listen";
import "./theme.css";

export interface PanelProps<State, Message> {
  state: State;
  send: (message: Message) => void;
  listen?: Listen;
  /** Connection to the kernel; a panel that does not report it is inert unless it is "live". */
  link?: Link;
}

interface Traits<State> {
  state: State;
}

interface Options<State> {
  /** Called after the first drawing; returns a function that cleans up. */
  setUp?: (model: AnyModel<Traits<State>>, el: HTMLElement) => () => void;
  /** The panel reports a lost kernel itself, so it stays active. */
  reportsLink?: boolean;
}

/** A widget that draws a component whenever its state changes. */
export function panel<State extends object, Message extends object>(
  component: ComponentType<PanelProps<State, Message>>,
  { setUp, reportsLink = false }: Options<State> = {},
): AnyWidget<Traits<State>> {
  return {
    render({ model, el }) {
      el.classList.add("confdiff-panel");
      // no JupyterLab shortcuts here: space would scroll, arrows would move between cells
      el.dataset.lmSuppressShortcuts = "true";
      // the notebook handles arrow keys itself, so keys in fields must not reach it
      const stopFieldKeys = (event: Event) => {
        if ((event.target as Element).closest("input, select, textarea")) event.stopPropagation();
      };
      el.addEventListener("keydown", stopFieldKeys);
      let link: Link = "live";
      const send = (message: Message) => {
        if (link !== "gone") model.send(message);
      };
      const listen: Listen = (onMessage: OnMessage) => {
        model.on("msg:custom", onMessage);
        return () => model.off("msg:custom", onMessage);
      };
      const draw = () => {
        el.inert = link !== "live" && !reportsLink;
        const props = { state: model.get("state"), send, listen, link };
        render(createElement(component, props), el);
      };
      model.on("change:state", draw);
      const unwatch = watchKernel(model.widget_manager, el, (now) => {
        link = now;
        draw();
      });
      draw();
      const cleanUp = setUp?.(model, el);
      return () => {
        cleanUp?.();
        unwatch();
        model.off("change:state", draw);
        el.removeEventListener("keydown", stopFieldKeys);
        render(null, el);
      };
    },
  };
}
