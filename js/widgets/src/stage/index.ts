/**
 * The browser's half of StructureViewer (_stage.py): drives NGL inside nglview's view beside it.
 *
 * It sends {views: number} when one of its views opens or closes, {painted: number} once the scene
 * of that number is on the screen, {picked: [conformer, residue]} after a click, {hovered: conformer
 * or null} when the mouse moves to another one. Asked with {picture: number}, each view answers with
 * the same and a PNG.
 */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import { viewBeside } from "./nglview";
import { Screen } from "./screen";
import type { StageTraits } from "./traits";

export default (() => {
  const screens = new Set<Screen>();
  return {
    initialize({ model }) {
      model.on("change:scene", () => {
        if (screens.size) paint(model, screens);
      });
      model.on("msg:custom", ({ picture }: { picture: number }) => {
        for (const screen of screens) {
          screen.picture().then((png) => model.send({ picture }, undefined, [png]), console.error);
        }
      });
    },
    async render({ model, el }) {
      el.style.display = "none"; // all is drawn in nglview's view
      let screen: Screen | undefined;
      let closed = false;
      try {
        const { view, stage } = await viewBeside(model, el);
        screen = await Screen.open(view, stage, model);
        if (closed) return screen.close();
        screens.add(screen);
        window.dispatchEvent(new Event("resize")); // plots beside it fit themselves to this alone
        model.send({ views: screens.size });
        paint(model, screens);
      } catch (error) {
        complain(el, error);
        console.error(error);
      }
      return () => {
        closed = true;
        if (!screen) return;
        screens.delete(screen);
        screen.close();
        model.send({ views: screens.size });
      };
    },
  };
}) satisfies AnyWidget<StageTraits>;

/** Draw the newest scene everywhere, and tell Python when it is on the screen. */
function paint(model: AnyModel<StageTraits>, screens: Set<Screen>): void {
  const scene = model.get("scene");
  const undressed = [...screens].filter((screen) => screen.drawUndressed(scene));
  requestAnimationFrame(() => {
    const channel = new MessageChannel(); // its message is handled after this frame is painted
    channel.port1.onmessage = () => {
      model.send({ painted: scene.number, at: performance.timeOrigin + performance.now() });
      if (scene === model.get("scene")) for (const screen of undressed) screen.draw(scene);
    };
    channel.port2.postMessage(null);
  });
}

function complain(el: HTMLElement, error: unknown): void {
  el.style.cssText = "display:block; padding:12px";
  el.textContent =
    `The molecules cannot be drawn: ${error instanceof Error ? error.message : error} ` +
    "Reload the page; if that does not help, run `confdiff doctor` in the environment that " +
    "JupyterLab runs in.";
}
