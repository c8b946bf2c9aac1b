// The browser's half of StructureViewer (viewer.py): drives NGL inside nglview's view beside it.
//
// Python owns every trait. The browser answers with messages: {painted: number} once the scene of
// that number is on the screen, {picked: [conformer, residue]} after a click, {hovered: conformer or
// null} when the mouse moves to another one.

const SHAPES = {
  tube: { radiusType: "size", radiusSize: 0.14, useInteriorColor: false },
  cartoon: { aspectRatio: 4, radiusScale: 0.9, useInteriorColor: false },
  licorice: { radiusType: "size", radiusSize: 0.16 },
};
const MARGIN = 1; // Å around the CA atoms farthest out
const FIELD_OF_VIEW = 40; // degrees
const DEADBAND = 0.1; // relative change of size below which the zoom stays, while pictures follow
const REST = 800; // ms without a picture after which it fits exactly
const EASING = 200; // ms, time constant of the zoom

export default () => {
  const screens = new Set();
  return {
    initialize({ model }) {
      model.on("change:scene", () => {
        if (screens.size) paint(model, screens);
      });
    },
    async render({ model, el }) {
      el.style.display = "none"; // all is drawn in nglview's view
      let screen;
      let closed = false;
      try {
        const view = await viewBeside(model, el);
        screen = await Screen.open(view, model);
        if (closed) return screen.close();
        screens.add(screen);
        paint(model, screens);
      } catch (error) {
        complain(el, error);
        console.error(error);
      }
      return () => {
        closed = true;
        screens.delete(screen);
        screen?.close();
      };
    },
  };
};

/** Draw the newest scene everywhere, and tell Python when it is on the screen. */
function paint(model, screens) {
  const scene = model.get("scene");
  for (const screen of screens) screen.draw(scene);
  requestAnimationFrame(() => {
    const channel = new MessageChannel(); // its message is handled after this frame is painted
    channel.port1.onmessage = () =>
      model.send({ painted: scene.number ?? 0, at: performance.timeOrigin + performance.now() });
    channel.port2.postMessage(null);
  });
}

/** nglview's view in the same box as `el`, once its stage exists. */
async function viewBeside(model, el) {
  const ngl = await model.widget_manager.get_model(model.get("ngl").replace("IPY_MODEL_", ""));
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    for (const view of await Promise.all(Object.values(ngl.views ?? {}))) {
      if (view.stage && el.isConnected && view.el.closest(".widget-box")?.contains(el)) return view;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nglview's view did not appear.");
}

function complain(el, error) {
  el.style.cssText = "display:block; padding:12px";
  el.textContent =
    `The molecules cannot be drawn: ${error.message ?? error} ` +
    "Reload the page; if that does not help, run `confdiff doctor` in the environment that " +
    "JupyterLab runs in.";
}

/** One NGL stage, kept as scenes say. */
class Screen {
  static async open(view, model) {
    const screen = new Screen(view, model);
    const file = () => new Blob([model.get("topology")], { type: "text/plain" });
    const load = () => view.stage.loadFile(file(), { ext: "pdb", defaultRepresentation: false });
    screen.slots = await Promise.all(Array.from({ length: model.get("slots") }, load));
    if (model.get("ghost").byteLength) screen.ghost = await load();
    for (const part of [...screen.slots, screen.ghost]) part?.setVisibility(false);
    if (screen.ghost) setStructure(screen.ghost, null);
    const { x, y, z, count } = screen.slots[0].structure.atomStore;
    screen.template = Float32Array.from({ length: 3 * count }, (_, i) => [x, y, z][i % 3][i / 3 | 0]);
    return screen;
  }

  constructor(view, model) {
    this.view = view;
    this.stage = view.stage;
    this.model = model;
    this.legend = document.createElement("div");
    this.legend.className = "confdiff-legend";
    this.legend.style.cssText =
      "position:absolute; left:12px; bottom:8px; pointer-events:none; " +
      "font:12px/1.4 var(--jp-ui-font-family, sans-serif)";
    this.drawn = {};
    this.faces = new Map(); // component -> {style, look, representation}
    this.follow = true; // the zoom follows the size of what is shown
    this.wanted = this.zoomed = 0;
    this.pointedAt = null;
    this.#adopt(view);
    // sampleLevel -1: no supersampled still picture, which takes software renderers seconds
    this.stage.setParameters({ cameraFov: FIELD_OF_VIEW, hoverTimeout: 40, sampleLevel: -1 });
    this.stage.signals.clicked.add((hit) => this.#clicked(hit));
    this.stage.signals.hovered.add((hit) => this.#hovered(hit));
    this.sizes = new ResizeObserver(() => this.stage.handleResize());
    this.sizes.observe(view.el);
    this.themes = new MutationObserver(() => this.#background());
    this.themes.observe(document.body, { attributes: true });
    view.el.addEventListener("wheel", () => (this.follow = false), { passive: true });
  }

  close() {
    clearTimeout(this.settling);
    clearTimeout(this.resting);
    this.sizes.disconnect();
    this.themes.disconnect();
    this.stage.dispose();
    this.stage.viewer.renderer.forceContextLoss(); // browsers allow about 16 of them
  }

  draw(scene) {
    const before = this.drawn;
    this.drawn = scene;
    if (scene.dark !== before.dark || before.dark === undefined) this.#background();
    this.#ghost(scene);
    this.#conformers(scene);
    if (scene.count) this.#camera(scene, before);
    if (JSON.stringify(scene.legend) !== JSON.stringify(before.legend)) this.#legend(scene.legend);
    this.stage.viewer.requestRender();
  }

  /** nglview's view without what it does on its own: size handles, texts, chatter. */
  #adopt(view) {
    view.request_repr_dict = () => {};
    view.requestUpdateStageParameters = () => {};
    view.$pickingInfo.remove();
    view.$container.resizable("destroy");
    view.el.style.position = "relative";
    view.el.style.overflow = "hidden";
    view.setSize("100%", "100%");
    view.el.append(this.legend);
    view.btn_pview_fullscreen.then(({ el }) => {
      const place = { top: "8px", right: "8px", background: "transparent", color: "inherit" };
      Object.assign(el.style, place, { opacity: 0.7 });
    });
    view.el.setAttribute("role", "img");
    view.el.setAttribute("aria-label", this.model.get("description"));
  }

  #conformers(scene) {
    const n = scene.count;
    const positions = n ? split(floats(scene.positions), n) : [];
    const values = n ? split(floats(scene.value), n) : [];
    const structures = scene.structure ? split(bytes(scene.structure), n) : [];
    const { style, scale, domain } = scene;
    const colors = { colorScheme: "bfactor", colorScale: scale, colorDomain: domain };
    this.slots.forEach((slot, i) => {
      const visible = i < n && (scene.selected === null || scene.selected === i);
      if (visible) {
        const faded = scene.highlighted !== null && scene.highlighted !== i;
        const recolored = setValues(slot, values[i]);
        const reshaped = setStructure(slot, style === "cartoon" ? structures[i] : null);
        this.#face(slot, style, { ...colors, colorMode: "rgb", opacity: faded ? 0.15 : 1 }, reshaped);
        slot.structure.updatePosition(positions[i], false);
        slot.updateRepresentations({ position: true, color: recolored });
      }
      if (slot.visible !== visible) slot.setVisibility(visible);
    });
  }

  #ghost(scene) {
    if (!this.ghost) return;
    if (scene.ghost) {
      const color = this.model.get("ghost_color");
      if (this.#face(this.ghost, scene.style, { color, opacity: 0.35 }, false)) {
        this.ghost.structure.updatePosition(floats(this.model.get("ghost")), false);
        this.ghost.updateRepresentations({ position: true });
      }
    }
    if (this.ghost.visible !== scene.ghost) this.ghost.setVisibility(scene.ghost);
  }

  /**
   * Give a component the representation wanted; true if it was made anew. NGL sees which residues
   * form a chain whenever it makes one, from the distances then: so there and then, the atoms lie
   * as in the template.
   */
  #face(component, style, look, reshaped) {
    const face = this.faces.get(component) ?? {};
    const anew = face.style !== style;
    if (anew || reshaped) component.structure.updatePosition(this.template, false);
    if (anew) {
      component.removeAllRepresentations();
      face.representation = component.addRepresentation(style, { ...SHAPES[style], ...look });
    } else {
      if (JSON.stringify(look) !== face.look) face.representation.setParameters(look);
      if (reshaped) face.representation.build();
    }
    this.faces.set(component, Object.assign(face, { style, look: JSON.stringify(look) }));
    return anew;
  }

  /** Keep all in sight: fog and clipping to scale, and the zoom until a person takes it over. */
  #camera(scene, before) {
    const radius = Math.max(scene.radius, 4) + MARGIN;
    const { viewer, viewerControls } = this.stage;
    if (scene.resets !== (before.resets ?? scene.resets)) {
      this.follow = true;
      viewerControls.rotate([0, 0, 0, 1]);
      viewerControls.center([0, 0, 0]);
    }
    viewer.setClip(3 * radius, 3 * radius, 1, "scene", "absolute");
    viewer.setFog(undefined, 0.1 * radius, 2.4 * radius);
    const half = (FIELD_OF_VIEW / 2) * (Math.PI / 180);
    const narrow = Math.min(1, viewer.width / viewer.height);
    const wanted = radius / (Math.tan(half) * narrow);
    const first = !before.count || scene.resets !== before.resets;
    if (first || Math.abs(wanted / this.wanted - 1) > DEADBAND) this.wanted = wanted;
    this.#zoom(first || matchMedia("(prefers-reduced-motion: reduce)").matches);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.wanted = wanted;
      this.#zoom();
    }, REST);
  }

  /** Towards the wanted distance; the rest of the way by itself where no picture follows soon. */
  #zoom(atOnce = false) {
    clearTimeout(this.settling);
    if (!this.follow) return;
    const { viewerControls } = this.stage;
    const now = performance.now();
    const part = atOnce ? 1 : 1 - Math.exp(-Math.min(now - this.zoomed, 100) / EASING);
    this.zoomed = now;
    const distance = viewerControls.getCameraDistance();
    const far = Math.abs(distance / this.wanted - 1) > 0.005;
    viewerControls.distance(far ? distance + part * (this.wanted - distance) : this.wanted);
    if (far) this.settling = setTimeout(() => this.#zoom(), 50);
  }

  #background() {
    const body = document.body;
    const themed = body.dataset.jpThemeLight === "false" || body.classList.contains("vscode-dark");
    const dark = this.drawn.dark ?? themed;
    this.stage.setParameters({ backgroundColor: this.model.get("backgrounds")[dark ? 1 : 0] });
    this.view.el.style.color = dark ? "#d6dae0" : "#3a4048"; // legend and button
  }

  #legend(legend) {
    this.legend.replaceChildren();
    if (!legend) return;
    const add = (tag, style, text = "") => {
      const part = this.legend.appendChild(document.createElement(tag));
      part.style.cssText = style;
      part.textContent = text;
      return part;
    };
    if (legend.title) add("div", "", legend.title);
    if (legend.separate) {
      legend.labels.forEach((label, i) => {
        const chip = `width:10px; height:10px; border-radius:5px; background:${legend.colors[i]}`;
        add("span", `display:inline-block; margin-right:5px; ${chip}`);
        add("span", "margin-right:12px", label);
      });
    } else if (legend.labels.length) {
      const gradient = `linear-gradient(to right, ${legend.colors.join(", ")})`;
      const [low, high] = legend.labels;
      add("span", "", low);
      const bar = "width:110px; height:8px; border-radius:4px; vertical-align:middle";
      add("span", `display:inline-block; margin:0 7px; ${bar}; background:${gradient}`);
      add("span", "", high);
    }
  }

  #clicked(hit) {
    const { conformer, atom } = this.#under(hit);
    if (conformer !== null) this.model.send({ picked: [conformer, atom.residueIndex] });
  }

  #hovered(hit) {
    const { conformer, atom } = this.#under(hit);
    if (conformer !== this.pointedAt) this.model.send({ hovered: conformer });
    this.pointedAt = conformer;
    if (!atom) return;
    const whose = conformer === null ? "folded structure" : this.drawn.labels[conformer];
    hit.getLabel = () => `${whose} · ${atom.resname} ${atom.resno}`;
  }

  #under(hit) {
    const atom = hit?.atom ?? hit?.closestBondAtom;
    const index = this.slots.indexOf(hit?.component);
    return { atom, conformer: atom && index >= 0 ? index : null };
  }
}

/** B-factors of a component's atoms from one value a residue; true if one changed. */
function setValues(component, values) {
  const { bfactor, residueIndex, count } = component.structure.atomStore;
  let changed = false;
  for (let atom = 0; atom < count; atom++) {
    const value = values[residueIndex[atom]];
    changed ||= bfactor[atom] !== value;
    bfactor[atom] = value;
  }
  return changed;
}

/** Secondary structure of a component (null: coil); true if one letter changed. */
function setStructure(component, letters) {
  const { sstruc, count } = component.structure.residueStore;
  let changed = false;
  for (let residue = 0; residue < count; residue++) {
    const letter = letters ? letters[residue] : "c".charCodeAt(0);
    changed ||= sstruc[residue] !== letter;
    sstruc[residue] = letter;
  }
  return changed;
}

function bytes(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function floats(view) {
  return new Float32Array(bytes(view).slice().buffer); // a copy, for its alignment
}

function split(array, parts) {
  const length = array.length / parts;
  return Array.from({ length: parts }, (_, i) => array.subarray(i * length, (i + 1) * length));
}
