import type { AnyModel } from "@anywidget/types";
import { bytes, floats, split } from "../shared/binary";
import { Arrows } from "./arrows";
import { cameraOf, FIELD_OF_VIEW, type View } from "./camera";
import { createTitle, LegendBox } from "./legend";
import { Molecule } from "./molecule";
import type { NglView, Stage } from "./ngl";
import { capture, createArrows, simplifyView } from "./nglview";
import { watchPointer } from "./pointer";
import { type FullScene, isFull, type Scene, type StageTraits } from "./traits";

const FADED_OPACITY = 0.15;
const GHOST_OPACITY = 0.35;

/** Draws scenes in one NGL stage. */
export class SceneView {
  private readonly cameraView: View;
  private camera = cameraOf("");
  private group = "";
  private readonly title = createTitle();
  private readonly legend = new LegendBox();
  private readonly sizeObserver: ResizeObserver;
  private readonly themeObserver: MutationObserver;
  private readonly arrows: Arrows[];
  private readonly ghostPositions: Float32Array;
  private drawn: Scene | null = null;
  private capturing = false;

  static async open(view: NglView, stage: Stage, model: AnyModel<StageTraits>): Promise<SceneView> {
    simplifyView(view);
    const load = async () => {
      const file = new Blob([model.get("topology")], { type: "text/plain" });
      return new Molecule(
        await stage.loadFile(file, { ext: "pdb", defaultRepresentation: false }),
      );
    };
    const slots = await Promise.all(Array.from({ length: model.get("slots") }, load));
    const ghost = model.get("ghost").byteLength ? await load() : null;
    return new SceneView(view, stage, model, slots, ghost);
  }

  private constructor(
    private readonly view: NglView,
    private readonly stage: Stage,
    private readonly model: AnyModel<StageTraits>,
    private readonly slots: Molecule[],
    private readonly ghost: Molecule | null,
  ) {
    this.cameraView = { stage, distance: 0, resets: model.get("scene").resets };
    this.camera.add(this.cameraView);
    this.arrows = slots.map(() => new Arrows((data) => createArrows(view, stage, data)));
    this.ghostPositions = floats(model.get("ghost"));
    view.el.append(this.title, this.legend.el);
    view.el.setAttribute("role", "img");
    view.el.setAttribute("aria-label", model.get("description"));
    // sampleLevel -1: no supersampled still frame, which takes software renderers seconds
    stage.setParameters({ cameraFov: FIELD_OF_VIEW, hoverTimeout: 40, sampleLevel: -1 });
    watchPointer(stage, model, slots, (conformer) => this.drawn?.labels[conformer] ?? "");
    this.sizeObserver = new ResizeObserver(() => {
      stage.handleResize();
      if (this.drawn) this.fit(this.drawn); // a view that was hidden had no size
    });
    this.sizeObserver.observe(view.el);
    this.themeObserver = new MutationObserver(() => this.followTheme());
    this.themeObserver.observe(document.body, { attributes: true });
    view.el.addEventListener("wheel", () => this.camera.stopAutoZoom(), { passive: true });
  }

  close(): void {
    this.camera.remove(this.cameraView);
    this.sizeObserver.disconnect();
    this.themeObserver.disconnect();
    this.stage.dispose();
    // Browsers allow about 16 contexts. A frame that NGL has already requested still needs this one.
    const { renderer } = this.stage.viewer;
    requestAnimationFrame(() => requestAnimationFrame(() => renderer.forceContextLoss()));
  }

  /** Render a PNG. NGL renders it in several passes, so scenes are drawn only afterwards. */
  async screenshot(): Promise<ArrayBuffer> {
    this.capturing = true;
    try {
      return await capture(this.stage, this.background);
    } finally {
      this.capturing = false;
      this.draw(this.model.get("scene"));
    }
  }

  /**
   * Draw a scene in the current style, because changing the style takes several times as long as
   * moving atoms. Returns whether the style still has to be changed.
   */
  drawInCurrentStyle(scene: Scene): boolean {
    const style = this.drawn && isFull(this.drawn) ? this.drawn.style : scene.style;
    this.draw({ ...scene, style });
    return style !== scene.style;
  }

  draw(scene: Scene): void {
    if (this.capturing) return;
    const previous = this.drawn;
    this.drawn = scene;
    if (scene.dark !== previous?.dark) this.drawBackground();
    this.drawGhost(scene);
    if (scene.camera_group !== this.group) this.joinGroup(scene.camera_group);
    if (isFull(scene)) this.drawConformers(scene);
    this.fit(scene);
    this.title.textContent = scene.title;
    this.legend.show(scene.legend, isFull(scene) ? scene.arrows?.label : "");
    this.stage.viewer.requestRender();
  }

  private fit(scene: Scene): void {
    if (isFull(scene)) this.camera.fit(this.cameraView, scene.radius, scene.resets);
    else if (scene.ghost && this.ghost) {
      this.camera.fit(this.cameraView, radiusOf(this.ghostPositions), scene.resets);
    }
  }

  private joinGroup(group: string): void {
    this.group = group;
    this.camera.remove(this.cameraView);
    this.camera = cameraOf(group);
    this.camera.add(this.cameraView);
  }

  private drawConformers(scene: FullScene): void {
    const { count, selected, highlighted, style, arrows } = scene;
    const positions = split(floats(scene.positions), count);
    const values = split(floats(scene.value), count);
    const structures = scene.structure && split(bytes(scene.structure), count);
    const arrowColor = this.model.get("arrow_colors")[this.dark ? 1 : 0];
    const vectors = arrows && split(floats(arrows.vectors), count);
    const colors = {
      colorScheme: "bfactor",
      colorScale: scene.scale,
      colorDomain: scene.domain,
      colorMode: "rgb",
    };
    this.slots.forEach((slot, i) => {
      if (i >= count || (selected !== null && selected !== i)) {
        slot.hide();
        this.arrows[i].hide();
        return;
      }
      const opacity = highlighted !== null && highlighted !== i ? FADED_OPACITY : 1;
      slot.draw({
        style,
        appearance: { ...colors, opacity },
        positions: positions[i],
        values: values[i],
        structure: style === "cartoon" ? structures?.[i] : undefined,
      });
      if (vectors) this.arrows[i].draw(vectors[i], positions[i], arrowColor, opacity);
      else this.arrows[i].hide();
    });
  }

  private drawGhost(scene: Scene): void {
    if (!scene.ghost) return this.ghost?.hide();
    this.ghost?.draw({
      style: scene.style,
      appearance: { color: this.model.get("ghost_color"), opacity: GHOST_OPACITY },
      positions: this.ghostPositions,
    });
  }

  private followTheme(): void {
    this.drawBackground();
    if (this.drawn) this.draw(this.drawn); // the arrows contrast with the background
  }

  private drawBackground(): void {
    this.stage.setParameters({ backgroundColor: this.background });
    this.view.el.style.color = this.model.get("text_colors")[this.dark ? 1 : 0];
  }

  private get background(): string {
    return this.model.get("backgrounds")[this.dark ? 1 : 0];
  }

  private get dark(): boolean {
    const { jpThemeLight } = document.body.dataset;
    const darkTheme = jpThemeLight === "false" || document.body.classList.contains("vscode-dark");
    return this.drawn?.dark ?? darkTheme;
  }
}

/** Distance of the outermost atom from the origin. */
function radiusOf(positions: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < positions.length; i += 3) {
    largest = Math.max(largest, Math.hypot(positions[i], positions[i + 1], positions[i + 2]));
  }
  return largest;
}
