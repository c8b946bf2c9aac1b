/**
 * The browser part of a plotly figure (widgets/plotly_figure.py). plotly's own widget module of 5 MB is
 * received from the kernel once per page, and only when a figure is shown: anywidget gives a module two
 * seconds to start, which a loaded machine needs to parse it, and saves it into the notebook.
 *
 * Messages to Python: {send: "plotly"} asks for the module, {send: "figure"} for the present figure.
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { type PlotlyWidget, receivePlotly } from "./bundle";
import "./plot.css";

interface Traits {
  /** Version of plotly's module. */
  _plotly: string;
  /** Changes with each figure that was asked for. */
  _figures_sent: number;
}

export default (() => {
  let started: Promise<PlotlyWidget> | undefined;
  return {
    async render(context) {
      const { model, el } = context;
      const note = document.createElement("div");
      note.className = "cd-plot-note";
      el.append(note);
      let closed = false;
      let cleanUp: (() => void) | undefined;
      const show = async () => {
        note.textContent = "Loading plots …";
        try {
          started ??= start(model);
          const widget = await started;
          if (closed) return;
          note.remove();
          cleanUp = widget.render(context);
        } catch (error) {
          started = undefined;
          note.textContent = `The plots could not be loaded: ${(error as Error).message} `;
          const again = document.createElement("button");
          again.textContent = "Try again";
          again.onclick = () => void show();
          note.append(again);
        }
      };
      await show();
      const observer = new ResizeObserver(resized);
      observer.observe(el);
      return () => {
        closed = true;
        observer.disconnect();
        cleanUp?.();
      };
    },
  };
}) satisfies AnyWidget<Traits>;

/** plotly follows the size of its box only when the window changes. */
function resized(): void {
  clearTimeout(resizeTimer);
  resizeTimer = setTimeout(() => window.dispatchEvent(new Event("resize")), 100);
}
let resizeTimer: ReturnType<typeof setTimeout> | undefined;

/** plotly's widget, started with the present figure. */
async function start(model: AnyModel<Traits>): Promise<PlotlyWidget> {
  const plotly = await receivePlotly(model);
  const widget = plotly.default();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      model.off("change:_figures_sent", initialize);
      reject(new Error("the kernel does not answer."));
    }, 60_000);
    // at once, because updates that follow apply to this figure
    const initialize = () => {
      clearTimeout(timer);
      model.off("change:_figures_sent", initialize);
      widget.initialize({ model });
      resolve();
    };
    model.on("change:_figures_sent", initialize);
    model.send({ send: "figure" });
  });
  return widget;
}
