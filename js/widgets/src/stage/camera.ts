import type { Stage } from "./ngl";

export const FIELD_OF_VIEW = 40; // degrees
const MIN_RADIUS = 4; // Å
const MARGIN = 1; // Å around the outermost CA atoms
const DEADBAND = 0.1; // relative change of size below which the zoom stays, while frames arrive
const TOLERANCE = 0.005; // relative distance from the target at which zooming ends
const IDLE_DELAY = 800; // ms without a frame after which the view fits exactly
const TIME_CONSTANT = 200; // ms, of the zoom
const STEP = 50; // ms between zoom steps
const FIRST_STEP = 400; // ms in which the next frame zooms instead: a separate zoom step costs as much

/** A stage that a camera controls. */
export interface View {
  readonly stage: Stage;
  /** Distance (Å) from which everything is visible; 0 before the first frame and while hidden. */
  distance: number;
  /** How often the view was reset. */
  resets: number;
}

/**
 * Keeps everything visible: adapts fog and clipping, and the zoom until the user zooms. All views of a
 * camera rotate and zoom together.
 */
export class Camera {
  private readonly views = new Map<View, () => void>();
  private autoZoom = true;
  private synchronising = false;
  private target = 0;
  private zoomedAt = 0;
  private zoomTimer: number | undefined;
  private idleTimer: number | undefined;

  get isEmpty(): boolean {
    return this.views.size === 0;
  }

  /** Add a view, with the orientation of the others. */
  add(view: View): void {
    const [other] = this.views.keys();
    const moved = () => this.synchronise(view);
    view.stage.viewerControls.signals.changed.add(moved);
    this.views.set(view, moved);
    if (other) this.synchronise(other);
  }

  remove(view: View): void {
    const moved = this.views.get(view);
    if (moved) view.stage.viewerControls.signals.changed.remove(moved);
    this.views.delete(view);
  }

  /** Leave the zoom to the user, until the next reset. */
  stopAutoZoom(): void {
    this.autoZoom = false;
  }

  /** Fit a sphere with this radius; a new number of `resets` also restores the orientation. */
  fit(view: View, radius: number, resets: number): void {
    const { viewer, viewerControls } = view.stage;
    const size = Math.max(radius, MIN_RADIUS) + MARGIN;
    const first = this.target === 0 && view.distance === 0;
    const reset = first || resets !== view.resets;
    view.resets = resets;
    view.distance = distanceToFit(size, viewer.width / viewer.height);
    if (reset) {
      this.autoZoom = true;
      viewerControls.rotate([0, 0, 0, 1]);
      viewerControls.center([0, 0, 0]);
    }
    viewer.setClip(3 * size, 3 * size, 1, "scene", "absolute");
    viewer.setFog(undefined, 0.1 * size, 2.4 * size);
    const target = Math.max(...[...this.views.keys()].map(({ distance }) => distance));
    if (reset || Math.abs(target / this.target - 1) > DEADBAND) this.target = target;
    this.zoom(reset || matchMedia("(prefers-reduced-motion: reduce)").matches, FIRST_STEP);
    clearTimeout(this.idleTimer);
    this.idleTimer = window.setTimeout(() => {
      this.target = target;
      this.zoom();
    }, IDLE_DELAY);
  }

  /** Zoom towards the target; a timer continues if no frame follows within `next` ms. */
  private zoom(immediate = false, next = STEP): void {
    clearTimeout(this.zoomTimer);
    const [view] = this.views.keys();
    if (!view || !this.autoZoom || !this.target) return;
    const { viewerControls } = view.stage;
    const now = performance.now();
    const distance = immediate
      ? this.target
      : eased(viewerControls.getCameraDistance(), this.target, now - this.zoomedAt);
    this.zoomedAt = now;
    viewerControls.distance(distance);
    if (distance !== this.target) this.zoomTimer = window.setTimeout(() => this.zoom(), next);
  }

  /** Give all other views the orientation and zoom of this one. */
  private synchronise({ stage: { viewerControls: from } }: View): void {
    if (this.synchronising) return; // the other views also report their changes
    this.synchronising = true;
    const { x, y, z, w } = from.rotation;
    for (const { stage: { viewerControls: to } } of this.views.keys()) {
      if (to === from) continue;
      to.rotate([x, y, z, w]);
      to.center([-from.position.x, -from.position.y, -from.position.z]);
      to.distance(from.getCameraDistance());
    }
    this.synchronising = false;
  }
}

/** Global, because every widget loads its own copy of this module. */
const page = globalThis as { confdiffCameras?: Map<string, Camera> };
const shared = (page.confdiffCameras ??= new Map());

/** The camera of a group of views on the page; a new camera without a group. */
export function cameraOf(group: string): Camera {
  const found = shared.get(group);
  if (found && !found.isEmpty) return found;
  const camera = new Camera();
  if (group) shared.set(group, camera);
  return camera;
}

/** The distance from which a sphere with this radius is entirely visible; 0 without a picture. */
export function distanceToFit(radius: number, aspect: number): number {
  if (!(aspect > 0 && aspect < Infinity)) return 0; // a hidden view has no size
  const half = ((FIELD_OF_VIEW / 2) * Math.PI) / 180;
  return radius / (Math.tan(half) * Math.min(1, aspect));
}

/** The distance after `elapsed` ms of zooming; the target itself when close to it. */
export function eased(distance: number, target: number, elapsed: number): number {
  if (Math.abs(distance / target - 1) <= TOLERANCE) return target;
  const fraction = 1 - Math.exp(-Math.min(elapsed, TIME_CONSTANT) / TIME_CONSTANT);
  return distance + fraction * (target - distance);
}
