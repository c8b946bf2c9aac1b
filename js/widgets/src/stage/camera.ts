import type { Stage } from "./ngl";

export const FIELD_OF_VIEW = 40; // degrees
const SMALLEST = 4; // Å
const MARGIN = 1; // Å around the CA atoms farthest out
const DEADBAND = 0.1; // relative change of size below which the zoom stays, while pictures follow
const NEAR_ENOUGH = 0.005; // relative
const REST = 800; // ms without a picture after which it fits exactly
const EASING = 200; // ms, time constant of the zoom
const FRAME = 50; // ms
const SOON = 400; // ms in which the next picture takes the zoom along: each zoom alone costs as much

/** A stage, as a camera knows it. */
export interface Film {
  readonly stage: Stage;
  /** From where all of it is in sight, Å; nothing was shown yet at 0. */
  distance: number;
  /** How often its view was reset. */
  resets: number;
}

/**
 * Keeps all in sight: fog and clipping to scale, and the zoom until a person takes it over. Stages
 * that it films together turn and zoom together.
 */
export class Camera {
  private readonly films = new Map<Film, () => void>();
  private follow = true;
  private aiming = false;
  private wanted = 0;
  private zoomed = 0;
  private settling: number | undefined;
  private resting: number | undefined;

  get idle(): boolean {
    return this.films.size === 0;
  }

  /** Film this one too, from where the others are filmed. */
  add(film: Film): void {
    const [other] = this.films.keys();
    const moved = () => this.aim(film);
    film.stage.viewerControls.signals.changed.add(moved);
    this.films.set(film, moved);
    if (other) this.aim(other);
  }

  remove(film: Film): void {
    const moved = this.films.get(film);
    if (moved) film.stage.viewerControls.signals.changed.remove(moved);
    this.films.delete(film);
  }

  /** From now on a person zooms, until the next reset. */
  release(): void {
    this.follow = false;
  }

  /** Show a ball of this radius; another count of `resets` also turns the view back. */
  fit(film: Film, radius: number, resets: number): void {
    const { viewer, viewerControls } = film.stage;
    const size = Math.max(radius, SMALLEST) + MARGIN;
    const first = this.wanted === 0 && film.distance === 0;
    const anew = first || resets !== film.resets;
    film.resets = resets;
    film.distance = distanceToFit(size, viewer.width / viewer.height);
    if (anew) {
      this.follow = true;
      viewerControls.rotate([0, 0, 0, 1]);
      viewerControls.center([0, 0, 0]);
    }
    viewer.setClip(3 * size, 3 * size, 1, "scene", "absolute");
    viewer.setFog(undefined, 0.1 * size, 2.4 * size);
    const wanted = Math.max(...[...this.films.keys()].map(({ distance }) => distance));
    if (anew || Math.abs(wanted / this.wanted - 1) > DEADBAND) this.wanted = wanted;
    this.zoom(anew || matchMedia("(prefers-reduced-motion: reduce)").matches, SOON);
    clearTimeout(this.resting);
    this.resting = window.setTimeout(() => {
      this.wanted = wanted;
      this.zoom();
    }, REST);
  }

  /** Towards the wanted distance; the rest of the way by itself where no picture follows soon. */
  private zoom(atOnce = false, next = FRAME): void {
    clearTimeout(this.settling);
    const [film] = this.films.keys();
    if (!film || !this.follow) return;
    const { viewerControls } = film.stage;
    const now = performance.now();
    const distance = atOnce
      ? this.wanted
      : eased(viewerControls.getCameraDistance(), this.wanted, now - this.zoomed);
    this.zoomed = now;
    viewerControls.distance(distance);
    if (distance !== this.wanted) this.settling = window.setTimeout(() => this.zoom(), next);
  }

  /** All others as this one. */
  private aim({ stage: { viewerControls: from } }: Film): void {
    if (this.aiming) return; // each that is aimed says so
    this.aiming = true;
    const { x, y, z, w } = from.rotation;
    for (const { stage: { viewerControls: to } } of this.films.keys()) {
      if (to === from) continue;
      to.rotate([x, y, z, w]);
      to.center([-from.position.x, -from.position.y, -from.position.z]);
      to.distance(from.getCameraDistance());
    }
    this.aiming = false;
  }
}

/** On the page, as every widget loads a module of its own. */
const page = globalThis as { confdiffCameras?: Map<string, Camera> };
const shared = (page.confdiffCameras ??= new Map());

/** The camera of all stages on the page with this name; without a name, one of its own. */
export function cameraOf(group: string): Camera {
  const found = shared.get(group);
  if (found && !found.idle) return found;
  const camera = new Camera();
  if (group) shared.set(group, camera);
  return camera;
}

/** How far the camera must be from a ball of this radius to see all of it. */
export function distanceToFit(radius: number, aspect: number): number {
  const half = ((FIELD_OF_VIEW / 2) * Math.PI) / 180;
  return radius / (Math.tan(half) * Math.min(1, aspect));
}

/** Where the camera is after some ms on its way; there, once it is near enough. */
export function eased(distance: number, wanted: number, elapsed: number): number {
  if (Math.abs(distance / wanted - 1) <= NEAR_ENOUGH) return wanted;
  return distance + (1 - Math.exp(-Math.min(elapsed, EASING) / EASING)) * (wanted - distance);
}
