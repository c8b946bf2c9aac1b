/** The part of NGL and of nglview that the stage uses. */

export interface Structure {
  atomStore: {
    count: number;
    x: Float32Array;
    y: Float32Array;
    z: Float32Array;
    bfactor: Float32Array;
    residueIndex: Uint32Array;
  };
  residueStore: { count: number; sstruc: Uint8Array };
  updatePosition(positions: Float32Array, refresh: boolean): void;
}

export interface Representation {
  build(): void;
  setParameters(parameters: object): void;
}

export interface Component {
  structure: Structure;
  visible: boolean;
  addRepresentation(style: string, parameters: object): Representation;
  removeAllRepresentations(): void;
  setVisibility(visible: boolean): void;
  updateRepresentations(what: { position?: boolean; color?: boolean }): void;
}

/** The component that nglview creates for arrows. */
export interface ArrowComponent {
  visible: boolean;
  reprList: Pick<Representation, "setParameters">[];
  shape: { bufferList: { setAttributes(arrows: object): void }[] };
  setVisibility(visible: boolean): void;
}

export interface Atom {
  residueIndex: number;
  resname: string;
  resno: number;
}

/** The object under the mouse. */
export interface Hit {
  atom?: Atom;
  closestBondAtom?: Atom;
  component: Component;
  /** Text of the tooltip. */
  getLabel: () => string;
}

interface Signal<T> {
  add(listener: (value: T) => void): void;
  remove(listener: (value: T) => void): void;
}

export interface Stage {
  /** All components, in the order of their creation. */
  compList: unknown[];
  signals: { clicked: Signal<Hit | undefined>; hovered: Signal<Hit | undefined> };
  viewer: {
    width: number;
    height: number;
    renderer: { forceContextLoss(): void };
    requestRender(): void;
    setClip(near: number, far: number, dist: number, mode: string, scale: string): void;
    setFog(color: undefined, near: number, far: number): void;
  };
  viewerControls: {
    position: { x: number; y: number; z: number };
    rotation: { x: number; y: number; z: number; w: number };
    signals: { changed: Signal<void> };
    center(position: [number, number, number]): void;
    distance(distance: number): void;
    getCameraDistance(): number;
    rotate(quaternion: [number, number, number, number]): void;
  };
  dispose(): void;
  handleResize(): void;
  loadFile(
    file: Blob,
    options: { ext: string; defaultRepresentation: boolean },
  ): Promise<Component>;
  /** Render a PNG. */
  makeImage(parameters: {
    factor: number;
    antialias: boolean;
    transparent: boolean;
  }): Promise<Blob>;
  setParameters(parameters: object): void;
}

export interface NglView {
  el: HTMLElement;
  stage?: Stage;
  $container: { resizable(command: "destroy"): void };
  $pickingInfo: { remove(): void };
  btn_pview_fullscreen: Promise<{ el: HTMLElement }>;
  /** Adds a component with these shapes to the stage. */
  addBuffer(shape: "arrow", data: object): void;
  request_repr_dict(): void;
  requestUpdateStageParameters(): void;
  serialize_camera_orientation(): void;
  setSize(width: string, height: string): void;
}
