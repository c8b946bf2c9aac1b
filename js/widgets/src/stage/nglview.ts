import type { AnyModel } from "@anywidget/types";
import type { ArrowData } from "./arrows";
import type { ArrowComponent, NglView, Stage } from "./ngl";
import type { StageTraits } from "./traits";

const TIMEOUT = 10_000; // ms
const POLL_INTERVAL = 20; // ms

/** Wait for the nglview view in the same box as `el`, and its stage. */
export async function findView(
  model: AnyModel<StageTraits>,
  el: HTMLElement,
): Promise<{ view: NglView; stage: Stage }> {
  const id = model.get("ngl").replace("IPY_MODEL_", "");
  const ngl = (await model.widget_manager.get_model(id)) as NglModel;
  for (const deadline = performance.now() + TIMEOUT; performance.now() < deadline; ) {
    for (const view of await Promise.all(Object.values(ngl.views ?? {}))) {
      const inSameBox = el.isConnected && view.el.closest(".widget-box")?.contains(el);
      if (view.stage && inSameBox) return { view, stage: view.stage };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  }
  throw new Error("nglview's view did not appear.");
}

/** Remove nglview's resize handles and texts, and stop its messages to Python. */
export function simplifyView(view: NglView): void {
  view.request_repr_dict = () => {};
  view.requestUpdateStageParameters = () => {};
  view.serialize_camera_orientation = () => {};
  view.$pickingInfo.remove();
  view.$container.resizable("destroy");
  view.el.style.position = "relative";
  view.el.style.overflow = "hidden";
  view.setSize("100%", "100%");
  view.btn_pview_fullscreen.then(({ el }) => {
    const style = { top: "8px", right: "8px", background: "transparent", color: "inherit" };
    Object.assign(el.style, style, { opacity: 0.7 });
  });
}

/** Create arrows that ignore the mouse, through nglview because it does not export NGL's classes. */
export function createArrows(view: NglView, stage: Stage, arrows: ArrowData): ArrowComponent {
  view.addBuffer("arrow", arrows);
  return stage.compList.at(-1) as ArrowComponent;
}

/** A PNG of the stage on this background, with twice the resolution of the screen. */
export async function capture(stage: Stage, background: string): Promise<ArrayBuffer> {
  // NGL would convert the colour of the background; on the screen the canvas has it from CSS
  const foreground = await stage.makeImage({ factor: 2, antialias: true, transparent: true });
  const image = await createImageBitmap(foreground);
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  context.fillStyle = background;
  context.fillRect(0, 0, image.width, image.height);
  context.drawImage(image, 0, 0);
  const png = await canvas.convertToBlob();
  return png.arrayBuffer();
}

/** Jupyter's widget models have their views; anywidget's types do not include them. */
type NglModel = AnyModel & { views?: Record<string, Promise<NglView>> };
