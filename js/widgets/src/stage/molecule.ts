import type { Component, Representation } from "./ngl";
import type { Style } from "./traits";

// few triangles, so that frames stream on machines without a GPU
const STYLE_PARAMETERS: Record<Style, object> = {
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

export interface Drawing {
  style: Style;
  /** NGL's parameters for colour and opacity. */
  appearance: object;
  /** Å; the same array means that nothing moved. */
  positions: Float32Array;
  /** One value per residue, for colour schemes that read B-factors. */
  values?: Float32Array;
  /** NGL's secondary structure codes; coil without them. */
  structure?: Uint8Array;
}

/** An NGL component with a single representation. */
export class Molecule {
  private readonly template: Float32Array;
  private representation: Representation | null = null;
  private style: Style | null = null;
  private appearance = "";
  private positions: Float32Array | null = null;

  constructor(readonly component: Component) {
    this.template = positionsOf(component);
    component.setVisibility(false);
    setStructure(component);
  }

  draw({ style, appearance, positions, values, structure }: Drawing): void {
    const color = values ? setValues(this.component, values) : false;
    const structureChanged = setStructure(this.component, structure);
    const atTemplate = this.updateRepresentation(style, appearance, structureChanged);
    if (atTemplate || positions !== this.positions) {
      this.component.structure.updatePosition(positions, false);
      this.component.updateRepresentations({ position: true, color });
      this.positions = positions;
    }
    this.setVisible(true);
  }

  hide(): void {
    this.setVisible(false);
  }

  private setVisible(visible: boolean): void {
    if (this.component.visible !== visible) this.component.setVisibility(visible);
  }

  /**
   * Create or change the representation. NGL derives the chain from the distances between atoms when
   * it builds one, so the atoms are moved to the template before. Returns whether they are there now.
   */
  private updateRepresentation(
    style: Style,
    appearance: object,
    structureChanged: boolean,
  ): boolean {
    const text = JSON.stringify(appearance);
    const styleChanged = this.style !== style;
    const rebuild = styleChanged || structureChanged;
    if (rebuild) this.component.structure.updatePosition(this.template, false);
    if (styleChanged) {
      this.component.removeAllRepresentations();
      this.representation = this.component.addRepresentation(style, {
        ...STYLE_PARAMETERS[style],
        ...appearance,
      });
    } else {
      if (text !== this.appearance) this.representation?.setParameters(appearance);
      if (structureChanged) this.representation?.build();
    }
    this.style = style;
    this.appearance = text;
    return rebuild;
  }
}

function positionsOf({ structure }: Component): Float32Array {
  const { x, y, z, count } = structure.atomStore;
  return Float32Array.from({ length: 3 * count }, (_, i) => [x, y, z][i % 3][Math.floor(i / 3)]);
}

/** Set the B-factors of atoms from one value per residue; returns whether one changed. */
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

/** Set the secondary structure, coil if none is given; returns whether it changed. */
export function setStructure(component: Component, codes?: Uint8Array): boolean {
  const { sstruc, count } = component.structure.residueStore;
  let changed = false;
  for (let residue = 0; residue < count; residue++) {
    const code = codes?.[residue] ?? COIL;
    changed ||= sstruc[residue] !== code;
    sstruc[residue] = code;
  }
  return changed;
}
