/** Traits of viewer/stage.py. Only Python sets them. */

export type Style = "tube" | "cartoon" | "licorice";

export interface Legend {
  title: string;
  labels: string[];
  colors: string[];
  /** One dot per label; otherwise a gradient from the first label to the second. */
  separate: boolean;
}

/** A scene without conformers. */
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
  /** Views on the page with the same group rotate and zoom together; "" is no group. */
  camera_group: string;
  /** Text in the upper left corner. */
  title: string;
  labels: string[];
  legend: Legend | null;
}

/** A scene with `count` conformers (B) of L residues. */
export interface FullScene extends Omit<EmptyScene, "count"> {
  count: number;
  /** Å, from the origin to the most distant CA or arrow. */
  radius: number;
  /** float32 (B, L, 4, 3): N, CA, C, O in Å. */
  positions: DataView;
  /** float32 (B, L): values that are mapped to colours by `scale` over `domain`. */
  value: DataView;
  scale: string[];
  domain: [number, number];
  arrows?: {
    /** float32 (B, L, 3): one at each CA in Å, zero where there is no arrow. */
    vectors: DataView;
    /** What the length of an arrow stands for. */
    label: string;
  };
  /** uint8 (B, L): NGL's secondary structure codes, if they are drawn. */
  structure?: DataView;
}

export type Scene = EmptyScene | FullScene;

export interface StageTraits {
  /** Reference to the nglview widget: "IPY_MODEL_…". */
  ngl: string;
  /** PDB text of one conformer. */
  topology: string;
  slots: number;
  /** float32 (L, 4, 3), or empty. */
  ghost: DataView;
  ghost_color: string;
  /** For the light and the dark theme. */
  arrow_colors: [string, string];
  /** For the light and the dark theme. */
  backgrounds: [string, string];
  /** For the light and the dark theme. */
  text_colors: [string, string];
  description: string;
  scene: Scene;
}

export function isFull(scene: Scene): scene is FullScene {
  return scene.count > 0;
}
