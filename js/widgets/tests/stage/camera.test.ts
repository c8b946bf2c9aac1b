import { expect, test, vi } from "vitest";
import {
  Camera,
  cameraOf,
  distanceToFit,
  eased,
  FIELD_OF_VIEW,
  type Film,
} from "../../src/stage/camera";
import { fakeStage } from "./fake-stage";

const ASKEW: [number, number, number, number] = [0.5, 0.5, 0.5, 0.5];

function filmed(camera: Camera) {
  const fake = fakeStage();
  const film: Film = { stage: fake.stage, distance: 0, resets: 0 };
  camera.add(film);
  return { ...fake, film, fake, controls: fake.stage.viewerControls };
}

test("a ball at the fitting distance fills the field of view", () => {
  const angle = (2 * Math.atan(10 / distanceToFit(10, 2)) * 180) / Math.PI;
  expect(angle).toBeCloseTo(FIELD_OF_VIEW);
});

test("a narrow view needs more distance, a wide one no less", () => {
  expect(distanceToFit(10, 0.5)).toBeCloseTo(2 * distanceToFit(10, 1));
  expect(distanceToFit(10, 3)).toBe(distanceToFit(10, 1));
});

test("easing arrives, and never overshoots", () => {
  let distance = 10;
  for (let frame = 0; frame < 60 && distance !== 40; frame++) {
    const next = eased(distance, 40, 50);
    expect(next).toBeGreaterThan(distance);
    distance = next;
  }
  expect(distance).toBe(40);
});

test("a long pause does not make it jump", () => {
  expect(eased(10, 40, 60_000)).toBe(eased(10, 40, 200));
});

test("stages filmed together turn, move and zoom together, each once", () => {
  const camera = new Camera();
  const [a, b, c] = [filmed(camera), filmed(camera), filmed(camera)];
  for (const { fake } of [a, b, c]) fake.moves = 0;
  b.controls.rotate(ASKEW);
  expect(a.rotation).toEqual(b.rotation);
  expect(c.rotation).toEqual(b.rotation);
  expect([a, b, c].map(({ fake }) => fake.moves)).toEqual([3, 1, 3]);
  a.controls.center([1, 2, 3]);
  c.controls.distance(33);
  expect(b.position).toEqual({ x: -1, y: -2, z: -3 });
  expect([a, b, c].map(({ fake }) => fake.distance)).toEqual([33, 33, 33]);
});

test("a new one takes the others' view, and its first picture does not turn it back", () => {
  const camera = new Camera();
  const old = filmed(camera);
  camera.fit(old.film, 10, 0);
  old.controls.rotate(ASKEW);
  const { film, rotation } = filmed(camera);
  camera.fit(film, 10, 0);
  expect(Object.values(rotation)).toEqual(ASKEW);
  expect(Object.values(old.rotation)).toEqual(ASKEW);
});

test("the largest picture is in sight of all, at rest in one place", () => {
  vi.useFakeTimers();
  const camera = new Camera();
  const [small, large] = [filmed(camera), filmed(camera)];
  for (let frame = 0; frame < 5; frame++) {
    camera.fit(small.film, 10, 0);
    camera.fit(large.film, 20, 0);
  }
  vi.runAllTimers();
  vi.useRealTimers();
  expect(small.fake.distance).toBeCloseTo(distanceToFit(21, 1));
  expect(large.fake.distance).toBe(small.fake.distance);
});

test("with reduced motion it zooms at once, and by itself never moves", () => {
  const zoomed = (reduce: boolean) => {
    const asked = vi.spyOn(globalThis, "matchMedia").mockImplementation(
      (query) => ({ matches: reduce && query.includes("reduced-motion: reduce") }) as MediaQueryList,
    );
    vi.useFakeTimers();
    const camera = new Camera();
    const { film, fake } = filmed(camera);
    camera.fit(film, 10, 0);
    camera.fit(film, 40, 0);
    const distance = fake.distance;
    fake.moves = 0;
    vi.advanceTimersByTime(700); // it rests, and fits exactly, after 800 ms
    vi.useRealTimers();
    asked.mockRestore();
    return { there: distance === distanceToFit(41, 1), moved: fake.moves > 0 };
  };
  expect(zoomed(true)).toEqual({ there: true, moved: false });
  expect(zoomed(false)).toEqual({ there: false, moved: true });
});

test("a reset of one is a reset of all", () => {
  const camera = new Camera();
  const [a, b] = [filmed(camera), filmed(camera)];
  camera.fit(a.film, 10, 0);
  camera.fit(b.film, 10, 0);
  a.controls.rotate(ASKEW);
  camera.release();
  camera.fit(b.film, 10, 1);
  expect(Object.values(a.rotation)).toEqual([0, 0, 0, 1]);
  camera.fit(a.film, 10, 0);
  expect(a.fake.distance).toBeCloseTo(distanceToFit(11, 1));
});

test("one that left moves alone, and keeps its view", () => {
  const camera = new Camera();
  const [a, b] = [filmed(camera), filmed(camera)];
  camera.fit(a.film, 10, 0);
  camera.fit(b.film, 10, 0);
  a.controls.rotate(ASKEW);
  camera.remove(b.film);
  const own = cameraOf("");
  own.add(b.film);
  own.fit(b.film, 10, 0);
  expect(Object.values(b.rotation)).toEqual(ASKEW);
  a.controls.rotate([0, 0, 0, 1]);
  expect(Object.values(b.rotation)).toEqual(ASKEW);
});

test("a group has one camera while anything is filmed; without a group each has its own", () => {
  const { film } = filmed(cameraOf("pair"));
  const camera = cameraOf("pair");
  expect(cameraOf("pair")).toBe(camera);
  expect(cameraOf("other")).not.toBe(camera);
  expect(cameraOf("")).not.toBe(cameraOf(""));
  camera.remove(film);
  expect(cameraOf("pair")).not.toBe(camera);
});
