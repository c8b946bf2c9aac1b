import { expect, test, vi } from "vitest";
import {
  Camera,
  cameraOf,
  distanceToFit,
  eased,
  FIELD_OF_VIEW,
  type View,
} from "../../src/stage/camera";
import { fakeStage } from "./fake-stage";

const ROTATED: [number, number, number, number] = [0.5, 0.5, 0.5, 0.5];

function addView(camera: Camera) {
  const fake = fakeStage();
  const view: View = { stage: fake.stage, distance: 0, resets: 0 };
  camera.add(view);
  return { ...fake, view, fake, controls: fake.stage.viewerControls };
}

test("a sphere at the fitting distance fills the field of view", () => {
  const angle = (2 * Math.atan(10 / distanceToFit(10, 2)) * 180) / Math.PI;
  expect(angle).toBeCloseTo(FIELD_OF_VIEW);
});

test("a narrow view needs a larger distance, a wide one does not", () => {
  expect(distanceToFit(10, 0.5)).toBeCloseTo(2 * distanceToFit(10, 1));
  expect(distanceToFit(10, 3)).toBe(distanceToFit(10, 1));
});

test("a hidden view, which has no size, does not move the others", () => {
  const camera = new Camera();
  const [hidden, shown] = [addView(camera), addView(camera)];
  Object.assign(hidden.view.stage.viewer, { width: 0, height: 0 });
  camera.fit(hidden.view, 10, 0);
  camera.fit(shown.view, 10, 0);
  camera.fit(hidden.view, 10, 0);
  expect(shown.fake.distance).toBeCloseTo(distanceToFit(11, 1));
  expect(distanceToFit(10, 0)).toBe(0);
});

test("easing reaches the target and never overshoots", () => {
  let distance = 10;
  for (let frame = 0; frame < 60 && distance !== 40; frame++) {
    const next = eased(distance, 40, 50);
    expect(next).toBeGreaterThan(distance);
    distance = next;
  }
  expect(distance).toBe(40);
});

test("a long pause does not make the zoom jump", () => {
  expect(eased(10, 40, 60_000)).toBe(eased(10, 40, 200));
});

test("views of a camera rotate, move and zoom together, each once", () => {
  const camera = new Camera();
  const [a, b, c] = [addView(camera), addView(camera), addView(camera)];
  for (const { fake } of [a, b, c]) fake.moves = 0;
  b.controls.rotate(ROTATED);
  expect(a.rotation).toEqual(b.rotation);
  expect(c.rotation).toEqual(b.rotation);
  expect([a, b, c].map(({ fake }) => fake.moves)).toEqual([3, 1, 3]);
  a.controls.center([1, 2, 3]);
  c.controls.distance(33);
  expect(b.position).toEqual({ x: -1, y: -2, z: -3 });
  expect([a, b, c].map(({ fake }) => fake.distance)).toEqual([33, 33, 33]);
});

test("a new view takes the orientation of the others, also after its first frame", () => {
  const camera = new Camera();
  const old = addView(camera);
  camera.fit(old.view, 10, 0);
  old.controls.rotate(ROTATED);
  const { view, rotation } = addView(camera);
  camera.fit(view, 10, 0);
  expect(Object.values(rotation)).toEqual(ROTATED);
  expect(Object.values(old.rotation)).toEqual(ROTATED);
});

test("all views converge to the distance that fits the largest scene", () => {
  vi.useFakeTimers();
  const camera = new Camera();
  const [small, large] = [addView(camera), addView(camera)];
  for (let frame = 0; frame < 5; frame++) {
    camera.fit(small.view, 10, 0);
    camera.fit(large.view, 20, 0);
  }
  vi.runAllTimers();
  vi.useRealTimers();
  expect(small.fake.distance).toBeCloseTo(distanceToFit(21, 1));
  expect(large.fake.distance).toBe(small.fake.distance);
});

test("with reduced motion the zoom is immediate, without animation", () => {
  const zoomed = (reduce: boolean) => {
    const media = vi.spyOn(globalThis, "matchMedia").mockImplementation(
      (query) => ({ matches: reduce && query.includes("reduced-motion: reduce") }) as MediaQueryList,
    );
    vi.useFakeTimers();
    const camera = new Camera();
    const { view, fake } = addView(camera);
    camera.fit(view, 10, 0);
    camera.fit(view, 40, 0);
    const distance = fake.distance;
    fake.moves = 0;
    vi.advanceTimersByTime(700); // below the idle delay of 800 ms
    vi.useRealTimers();
    media.mockRestore();
    return { immediate: distance === distanceToFit(41, 1), animated: fake.moves > 0 };
  };
  expect(zoomed(true)).toEqual({ immediate: true, animated: false });
  expect(zoomed(false)).toEqual({ immediate: false, animated: true });
});

test("resetting one view resets all", () => {
  const camera = new Camera();
  const [a, b] = [addView(camera), addView(camera)];
  camera.fit(a.view, 10, 0);
  camera.fit(b.view, 10, 0);
  a.controls.rotate(ROTATED);
  camera.stopAutoZoom();
  camera.fit(b.view, 10, 1);
  expect(Object.values(a.rotation)).toEqual([0, 0, 0, 1]);
  camera.fit(a.view, 10, 0);
  expect(a.fake.distance).toBeCloseTo(distanceToFit(11, 1));
});

test("a removed view keeps its orientation and moves separately", () => {
  const camera = new Camera();
  const [a, b] = [addView(camera), addView(camera)];
  camera.fit(a.view, 10, 0);
  camera.fit(b.view, 10, 0);
  a.controls.rotate(ROTATED);
  camera.remove(b.view);
  const other = cameraOf("");
  other.add(b.view);
  other.fit(b.view, 10, 0);
  expect(Object.values(b.rotation)).toEqual(ROTATED);
  a.controls.rotate([0, 0, 0, 1]);
  expect(Object.values(b.rotation)).toEqual(ROTATED);
});

test("a group has one camera while it has views; without a group there is one camera per view", () => {
  const { view } = addView(cameraOf("pair"));
  const camera = cameraOf("pair");
  expect(cameraOf("pair")).toBe(camera);
  expect(cameraOf("other")).not.toBe(camera);
  expect(cameraOf("")).not.toBe(cameraOf(""));
  camera.remove(view);
  expect(cameraOf("pair")).not.toBe(camera);
});
