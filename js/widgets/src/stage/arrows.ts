import type { ArrowComponent } from "./ngl";

const RADIUS = 0.3; // Å, of the head; the shaft has two thirds of it
const CA = 1; // index among N, CA, C, O
const ATOMS = 4;

/** NGL's input for L arrows. */
export interface ArrowData {
  position1: Float32Array;
  position2: Float32Array;
  color: Float32Array;
  radius: Float32Array;
}

/** The arrows of one conformer, each starting at a CA. */
export class Arrows {
  private component: ArrowComponent | null = null;
  private opacity = 1;

  constructor(private readonly create: (arrows: ArrowData) => ArrowComponent) {}

  /** Draw vectors of L residues at their backbone positions, Å; a zero vector has no arrow. */
  draw(vectors: Float32Array, positions: Float32Array, color: string, opacity: number): void {
    const data = arrowData(vectors, positions, color);
    if (this.component) this.component.shape.bufferList[0].setAttributes(data);
    else this.component = this.create(data);
    if (opacity !== this.opacity) this.component.reprList[0].setParameters({ opacity });
    this.opacity = opacity;
    this.setVisible(true);
  }

  hide(): void {
    this.setVisible(false);
  }

  private setVisible(visible: boolean): void {
    if (this.component && this.component.visible !== visible) this.component.setVisibility(visible);
  }
}

export function arrowData(
  vectors: Float32Array,
  positions: Float32Array,
  color: string,
): ArrowData {
  const rgb = [1, 3, 5].map((i) => Number.parseInt(color.slice(i, i + 2), 16) / 255);
  const position1 = vectors.map(
    (_, i) => positions[3 * (ATOMS * Math.floor(i / 3) + CA) + (i % 3)],
  );
  return {
    position1,
    position2: position1.map((from, i) => from + vectors[i]),
    color: vectors.map((_, i) => rgb[i % 3]),
    radius: Float32Array.from({ length: vectors.length / 3 }, (_, residue) =>
      vectors.subarray(3 * residue, 3 * residue + 3).some(Boolean) ? RADIUS : 0,
    ),
  };
}
