import type { Component, Representation } from "./ngl";
import type { Style } from "./traits";

// tubes are what streams: as few triangles as still look round, for machines without a GPU
const SHAPES: Record<Style, object> = {
  tube: {
    radiusType: "size",
    radiusSize: 0.14,
    useInteriorColor: false,
    quality: "custom",
    subdiv: 6,
    radialSegments: 6,
  },
  cartoon: {
    aspectRatio: 4,
    radiusScale: 0.9,
    useInteriorColor: false,
    quality: "custom",
    subdiv: 6,
    radialSegments: 8,
  },
  licorice: { radiusType: "size", radiusSize: 0.16 },
};
const COIL = "c".charCodeAt(0);

export interface Picture {
  style: Style;
  /** NGL's parameters for colour and opacity. */
  look: object;
  /** Å; the same array again means that nothing moved. */
  positions: Float32Array;
  /** One number a residue, for colour schemes that read the B-factor. */
  values?: Float32Array;
  /** NGL's letters; without them, all is coil. */
  structure?: Uint8Array;
}

/** One NGL component and its one representation. */
export class Molecule {
  private readonly template: Float32Array;
  private representation: Representation | null = null;
  private style: Style | null = null;
  private look = "";
  private positions: Float32Array | null = null;

  constructor(readonly component: Component) {
    this.template = positionsOf(component);
    component.setVisibility(false);
    setStructure(component);
  }

  draw({ style, look, positions, values, structure }: Picture): void {
    const color = values ? setValues(this.component, values) : false;
    const laidOut = this.dress(style, look, setStructure(this.component, structure));
    if (laidOut || positions !== this.positions) {
      this.component.structure.updatePosition(positions, false);
      this.component.updateRepresentations({ position: true, color });
      this.positions = positions;
    }
    this.show(true);
  }

  hide(): void {
    this.show(false);
  }

  private show(visible: boolean): void {
    if (this.component.visible !== visible) this.component.setVisibility(visible);
  }

  /**
   * NGL sees which residues form a chain whenever it makes a representation, from the distances
   * then: so there and then, the atoms lie as in the template. True if they do now.
   */
  private dress(style: Style, look: object, reshaped: boolean): boolean {
    const text = JSON.stringify(look);
    const anew = this.style !== style;
    const laidOut = anew || reshaped;
    if (laidOut) this.component.structure.updatePosition(this.template, false);
    if (anew) {
      this.component.removeAllRepresentations();
      this.representation = this.component.addRepresentation(style, { ...SHAPES[style], ...look });
    } else {
      if (text !== this.look) this.representation?.setParameters(look);
      if (reshaped) this.representation?.build();
    }
    this.style = style;
    this.look = text;
    return laidOut;
  }
}

function positionsOf({ structure }: Component): Float32Array {
  const { x, y, z, count } = structure.atomStore;
  return Float32Array.from({ length: 3 * count }, (_, i) => [x, y, z][i % 3][Math.floor(i / 3)]);
}

/** B-factors of a component's atoms from one value a residue; true if one changed. */
export function setValues(component: Component, values: Float32Array): boolean {
  const { bfactor, residueIndex, count } = component.structure.atomStore;
  let changed = false;
  for (let atom = 0; atom < count; atom++) {
    const value = values[residueIndex[atom]];
    changed ||= bfactor[atom] !== value;
    bfactor[atom] = value;
  }
  return changed;
}

/** Secondary structure of a component, coil where none is given; true if one letter changed. */
export function setStructure(component: Component, letters?: Uint8Array): boolean {
  const { sstruc, count } = component.structure.residueStore;
  let changed = false;
  for (let residue = 0; residue < count; residue++) {
    const letter = letters?.[residue] ?? COIL;
    changed ||= sstruc[residue] !== letter;
    sstruc[residue] = letter;
  }
  return changed;
}
