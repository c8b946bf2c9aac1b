import type { AnyModel } from "@anywidget/types";
import { bytes, floats, split } from "../shared/binary";
import { Arrows } from "./arrows";
import { cameraOf, FIELD_OF_VIEW, type Film } from "./camera";
import { LegendBox } from "./legend";
import { Molecule } from "./molecule";
import type { NglView, Stage } from "./ngl";
import { makeArrows, tame } from "./nglview";
import { pictureOf } from "./picture";
import { watchPointer } from "./pointer";
import { type FullScene, isFull, type Scene, type StageTraits } from "./traits";

const FADED = 0.15;
const GHOSTLY = 0.35;

/** One NGL stage, kept as scenes say. */
export class Screen {
  private readonly film: Film;
  private camera = cameraOf("");
  private group = "";
  private readonly legend = new LegendBox();
  private readonly sizes: ResizeObserver;
  private readonly themes: MutationObserver;
  private readonly arrows: Arrows[];
  private readonly ghostPositions: Float32Array;
  private drawn: Scene | null = null;
  private posing = false;

  static async open(view: NglView, stage: Stage, model: AnyModel<StageTraits>): Promise<Screen> {
    tame(view);
    const load = async () => {
      const file = new Blob([model.get("topology")], { type: "text/plain" });
      return new Molecule(
        await stage.loadFile(file, { ext: "pdb", defaultRepresentation: false }),
      );
    };
    const slots = await Promise.all(Array.from({ length: model.get("slots") }, load));
    const ghost = model.get("ghost").byteLength ? await load() : null;
    return new Screen(view, stage, model, slots, ghost);
  }

  private constructor(
    private readonly view: NglView,
    private readonly stage: Stage,
    private readonly model: AnyModel<StageTraits>,
    private readonly slots: Molecule[],
    private readonly ghost: Molecule | null,
  ) {
    this.film = { stage, distance: 0, resets: model.get("scene").resets };
    this.camera.add(this.film);
    this.arrows = slots.map(() => new Arrows((data) => makeArrows(view, stage, data)));
    this.ghostPositions = floats(model.get("ghost"));
    view.el.append(this.legend.el);
    view.el.setAttribute("role", "img");
    view.el.setAttribute("aria-label", model.get("description"));
    // sampleLevel -1: no supersampled still picture, which takes software renderers seconds
    stage.setParameters({ cameraFov: FIELD_OF_VIEW, hoverTimeout: 40, sampleLevel: -1 });
    watchPointer(stage, model, slots, (conformer) => this.drawn?.labels[conformer] ?? "");
    this.sizes = new ResizeObserver(() => stage.handleResize());
    this.sizes.observe(view.el);
    this.themes = new MutationObserver(() => this.drawBackground());
    this.themes.observe(document.body, { attributes: true });
    view.el.addEventListener("wheel", () => this.camera.release(), { passive: true });
  }

  close(): void {
    this.camera.remove(this.film);
    this.sizes.disconnect();
    this.themes.disconnect();
    this.stage.dispose();
    this.stage.viewer.renderer.forceContextLoss(); // browsers allow about 16 of them
  }

  /** A PNG. NGL takes it in parts: nothing is drawn meanwhile. */
  async picture(): Promise<ArrayBuffer> {
    this.posing = true;
    try {
      return await pictureOf(this.stage, this.background);
    } finally {
      this.posing = false;
      this.draw(this.model.get("scene"));
    }
  }

  /**
   * Draw a scene in the style that is shown already, for making another one takes several times as
   * long as moving what is there. Whether that remains to be done.
   */
  drawUndressed(scene: Scene): boolean {
    const style = this.drawn && isFull(this.drawn) ? this.drawn.style : scene.style;
    this.draw({ ...scene, style });
    return style !== scene.style;
  }

  draw(scene: Scene): void {
    if (this.posing) return;
    const before = this.drawn;
    this.drawn = scene;
    if (scene.dark !== before?.dark) this.drawBackground();
    this.drawGhost(scene);
    if (scene.camera_group !== this.group) this.join(scene.camera_group);
    if (isFull(scene)) {
      this.drawConformers(scene);
      this.camera.fit(this.film, scene.radius, scene.resets);
    }
    this.legend.show(scene.legend);
    this.stage.viewer.requestRender();
  }

  private join(group: string): void {
    this.group = group;
    this.camera.remove(this.film);
    this.camera = cameraOf(group);
    this.camera.add(this.film);
  }

  private drawConformers(scene: FullScene): void {
    const { count, selected, highlighted, style, arrows } = scene;
    const positions = split(floats(scene.positions), count);
    const values = split(floats(scene.value), count);
    const structures = scene.structure && split(bytes(scene.structure), count);
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
      const opacity = highlighted !== null && highlighted !== i ? FADED : 1;
      slot.draw({
        style,
        look: { ...colors, opacity },
        positions: positions[i],
        values: values[i],
        structure: style === "cartoon" ? structures?.[i] : undefined,
      });
      if (vectors) this.arrows[i].draw(vectors[i], positions[i], arrows.colors[i], opacity);
      else this.arrows[i].hide();
    });
  }

  private drawGhost(scene: Scene): void {
    if (!scene.ghost) return this.ghost?.hide();
    this.ghost?.draw({
      style: scene.style,
      look: { color: this.model.get("ghost_color"), opacity: GHOSTLY },
      positions: this.ghostPositions,
    });
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
    const themed = jpThemeLight === "false" || document.body.classList.contains("vscode-dark");
    return this.drawn?.dark ?? themed;
  }
}
