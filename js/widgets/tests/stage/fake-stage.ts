import type { Stage } from "../../src/stage/ngl";

/** A stage with view controls; `moves` counts their changes. */
export function fakeStage() {
  const listeners = new Set<() => void>();
  const fake = { moves: 0, distance: 80 };
  const changed = () => {
    fake.moves += 1;
    for (const listener of listeners) listener();
  };
  const position = { x: 0, y: 0, z: 0 };
  const rotation = { x: 0, y: 0, z: 0, w: 1 };
  const viewerControls = {
    position,
    rotation,
    signals: {
      changed: {
        add: (listener: () => void) => listeners.add(listener),
        remove: (listener: () => void) => listeners.delete(listener),
      },
    },
    center([x, y, z]: number[]) {
      Object.assign(position, { x: -x, y: -y, z: -z });
      changed();
    },
    rotate([x, y, z, w]: number[]) {
      Object.assign(rotation, { x, y, z, w });
      changed();
    },
    distance(distance: number) {
      fake.distance = distance;
      changed();
    },
    getCameraDistance: () => fake.distance,
  };
  const viewer = { width: 400, height: 400, setClip: () => {}, setFog: () => {} };
  const stage = { viewer, viewerControls } as unknown as Stage;
  return Object.assign(fake, { stage, position, rotation });
}
