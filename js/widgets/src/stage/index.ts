/**
 * The browser part of StructureViewer (viewer/stage.py): drives NGL in the nglview view next to it.
 *
 * Messages to Python: {views: number} when a view opens or closes, {painted: number} when the scene
 * with that number is on the screen, {picked: [conformer, residue]} after a click, {hovered: conformer
 * or null} when the mouse moves to another conformer. Each view answers {screenshot: number} with the
 * same message and a PNG.
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { findView } from "./nglview";
import { SceneView } from "./scene-view";
import type { StageTraits } from "./traits";

export default (() => {
  const views = new Set<SceneView>();
  return {
    initialize({ model }) {
      model.on("change:scene", () => {
        if (views.size) paint(model, views);
      });
      model.on("msg:custom", ({ screenshot }: { screenshot: number }) => {
        for (const view of views) {
          view
            .screenshot()
            .then((png) => model.send({ screenshot }, undefined, [png]), console.error);
        }
      });
    },
    async render({ model, el }) {
      el.style.display = "none"; // everything is drawn in nglview's view
      let view: SceneView | undefined;
      let closed = false;
      try {
        const found = await findView(model, el);
        view = await SceneView.open(found.view, found.stage, model);
        if (closed) return view.close();
        views.add(view);
        window.dispatchEvent(new Event("resize")); // plots adapt to a new width only on this event
        model.send({ views: views.size });
        paint(model, views);
      } catch (error) {
        showError(el, error);
        console.error(error);
      }
      return () => {
        closed = true;
        if (!view) return;
        views.delete(view);
        view.close();
        model.send({ views: views.size });
      };
    },
  };
}) satisfies AnyWidget<StageTraits>;

/** Draw the newest scene in all views, and tell Python when it is on the screen. */
function paint(model: AnyModel<StageTraits>, views: Set<SceneView>): void {
  const scene = model.get("scene");
  const outdated = [...views].filter((view) => view.drawInCurrentStyle(scene));
  requestAnimationFrame(() => {
    const channel = new MessageChannel(); // its message is handled after this frame is painted
    channel.port1.onmessage = () => {
      model.send({ painted: scene.number, at: performance.timeOrigin + performance.now() });
      if (scene === model.get("scene")) for (const view of outdated) view.draw(scene);
    };
    channel.port2.postMessage(null);
  });
}

function showError(el: HTMLElement, error: unknown): void {
  el.style.cssText = "display:block; padding:12px";
  el.textContent =
    `The molecules cannot be drawn: ${error instanceof Error ? error.message : error} ` +
    "Reload the page. If that does not help, run `confdiff doctor` in the environment of JupyterLab.";
}
