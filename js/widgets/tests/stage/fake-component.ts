import type { Component } from "../../src/stage/ngl";

/** Two residues with two atoms each; `log` records the calls to NGL. */
export function fakeComponent() {
  const log: string[] = [];
  const representation = {
    build: () => log.push("build"),
    setParameters: () => log.push("setParameters"),
  };
  const component = {
    visible: true,
    structure: {
      atomStore: {
        count: 4,
        x: Float32Array.of(0, 1, 2, 3),
        y: Float32Array.of(10, 11, 12, 13),
        z: Float32Array.of(20, 21, 22, 23),
        bfactor: new Float32Array(4),
        residueIndex: Uint32Array.of(0, 0, 1, 1),
      },
      residueStore: { count: 2, sstruc: Uint8Array.from("hh", (c) => c.charCodeAt(0)) },
      updatePosition: (positions: Float32Array) => log.push(`at ${[...positions]}`),
    },
    addRepresentation: (style: string) => {
      log.push(`add ${style}`);
      return representation;
    },
    removeAllRepresentations: () => log.push("remove"),
    setVisibility: (visible: boolean) => {
      component.visible = visible;
    },
    updateRepresentations: () => log.push("update"),
  };
  return { component: component as Component, log };
}
