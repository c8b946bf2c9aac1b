import type { AnyModel } from "@anywidget/types";
import type { ArrowData } from "./arrows";
import type { ArrowComponent, NglView, Stage } from "./ngl";
import type { StageTraits } from "./traits";

const PATIENCE = 10_000; // ms
const PAUSE = 20; // ms

/** nglview's view in the same box as `el`, once its stage exists. */
export async function viewBeside(
  model: AnyModel<StageTraits>,
  el: HTMLElement,
): Promise<{ view: NglView; stage: Stage }> {
  const id = model.get("ngl").replace("IPY_MODEL_", "");
  const ngl = (await model.widget_manager.get_model(id)) as NglModel;
  for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; ) {
    for (const view of await Promise.all(Object.values(ngl.views ?? {}))) {
      const beside = el.isConnected && view.el.closest(".widget-box")?.contains(el);
      if (view.stage && beside) return { view, stage: view.stage };
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  throw new Error("nglview's view did not appear.");
}

/** nglview's view without what it does on its own: size handles, texts, chatter. */
export function tame(view: NglView): void {
  view.request_repr_dict = () => {};
  view.requestUpdateStageParameters = () => {};
  view.serialize_camera_orientation = () => {};
  view.$pickingInfo.remove();
  view.$container.resizable("destroy");
  view.el.style.position = "relative";
  view.el.style.overflow = "hidden";
  view.setSize("100%", "100%");
  view.btn_pview_fullscreen.then(({ el }) => {
    const place = { top: "8px", right: "8px", background: "transparent", color: "inherit" };
    Object.assign(el.style, place, { opacity: 0.7 });
  });
}

/** Arrows that no mouse sees. nglview keeps NGL's classes to itself, but makes things of them. */
export function makeArrows(view: NglView, stage: Stage, arrows: ArrowData): ArrowComponent {
  view.addBuffer("arrow", arrows);
  return stage.compList.at(-1) as ArrowComponent;
}

/** Jupyter's widget models know their views; anywidget's types do not say so. */
type NglModel = AnyModel & { views?: Record<string, Promise<NglView>> };
