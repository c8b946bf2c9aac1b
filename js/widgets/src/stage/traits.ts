/** What Python sends; it owns every trait (confdiff_widgets/widgets/viewer/stage.py). */

export type Style = "tube" | "cartoon" | "licorice";

export interface Legend {
  title: string;
  labels: string[];
  colors: string[];
  /** One chip a label; otherwise a gradient from the first label to the second. */
  separate: boolean;
}

/** A picture without conformers. */
interface EmptyScene {
  count: 0;
  number: number;
  style: Style;
  selected: number | null;
  highlighted: number | null;
  ghost: boolean;
  /** null follows the theme. */
  dark: boolean | null;
  resets: number;
  /** Views on the page with the same one move together; "" is alone. */
  camera_group: string;
  labels: string[];
  legend: Legend | null;
}

/** A picture of `count` conformers (B) of L residues. */
export interface FullScene extends Omit<EmptyScene, "count"> {
  count: number;
  /** Å, from the origin to the farthest CA. */
  radius: number;
  /** float32 (B, L, 4, 3): N, CA, C, O in Å. */
  positions: DataView;
  /** float32 (B, L): what `scale` colours by, over `domain`. */
  value: DataView;
  scale: string[];
  domain: [number, number];
  arrows?: {
    /** float32 (B, L, 3): one on each CA in Å, zero where there is no arrow. */
    vectors: DataView;
    /** One a conformer. */
    colors: string[];
  };
  /** uint8 (B, L): NGL's letters; only where they are drawn. */
  structure?: DataView;
}

export type Scene = EmptyScene | FullScene;

export interface StageTraits {
  /** Reference to nglview's widget: "IPY_MODEL_…". */
  ngl: string;
  /** PDB text of one conformer. */
  topology: string;
  slots: number;
  /** float32 (L, 4, 3), or nothing. */
  ghost: DataView;
  ghost_color: string;
  /** Light, dark. */
  backgrounds: [string, string];
  text_colors: [string, string]; // legend and button, light and dark
  description: string;
  scene: Scene;
}

export function isFull(scene: Scene): scene is FullScene {
  return scene.count > 0;
}
