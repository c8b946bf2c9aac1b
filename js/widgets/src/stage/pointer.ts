import type { AnyModel } from "@anywidget/types";
import type { Molecule } from "./molecule";
import type { Hit, Stage } from "./ngl";
import type { StageTraits } from "./traits";

/** Report clicked and hovered conformers to Python, and show their names in tooltips. */
export function watchPointer(
  stage: Stage,
  model: AnyModel<StageTraits>,
  slots: Molecule[],
  labelOf: (conformer: number) => string,
): void {
  let hovered: number | null = null;
  stage.signals.clicked.add((hit) => {
    const { atom, conformer } = atPointer(hit, slots);
    if (atom && conformer !== null) model.send({ picked: [conformer, atom.residueIndex] });
  });
  stage.signals.hovered.add((hit) => {
    const { atom, conformer } = atPointer(hit, slots);
    if (conformer !== hovered) model.send({ hovered: conformer });
    hovered = conformer;
    if (!hit || !atom) return;
    const name = conformer === null ? "folded structure" : labelOf(conformer);
    hit.getLabel = () => `${name} · ${atom.resname} ${atom.resno}`;
  });
}

/** The atom and the conformer under the mouse; the ghost has atoms but is not a conformer. */
export function atPointer(hit: Hit | undefined, slots: Pick<Molecule, "component">[]) {
  const atom = hit?.atom ?? hit?.closestBondAtom;
  const index = atom ? slots.findIndex(({ component }) => component === hit?.component) : -1;
  return { atom, conformer: index < 0 ? null : index };
}
