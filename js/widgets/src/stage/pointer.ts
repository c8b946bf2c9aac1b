import type { AnyModel } from "@anywidget/types";
import type { Molecule } from "./molecule";
import type { Hit, Stage } from "./ngl";
import type { StageTraits } from "./traits";

/** Tell Python what is clicked and hovered, and name it in the tooltip. */
export function watchPointer(
  stage: Stage,
  model: AnyModel<StageTraits>,
  slots: Molecule[],
  labelOf: (conformer: number) => string,
): void {
  let hovered: number | null = null;
  stage.signals.clicked.add((hit) => {
    const { atom, conformer } = under(hit, slots);
    if (atom && conformer !== null) model.send({ picked: [conformer, atom.residueIndex] });
  });
  stage.signals.hovered.add((hit) => {
    const { atom, conformer } = under(hit, slots);
    if (conformer !== hovered) model.send({ hovered: conformer });
    hovered = conformer;
    if (!hit || !atom) return;
    const whose = conformer === null ? "folded structure" : labelOf(conformer);
    hit.getLabel = () => `${whose} · ${atom.resname} ${atom.resno}`;
  });
}

/** Atom and conformer under the mouse; the ghost has atoms and is no conformer. */
export function under(hit: Hit | undefined, slots: Pick<Molecule, "component">[]) {
  const atom = hit?.atom ?? hit?.closestBondAtom;
  const index = atom ? slots.findIndex(({ component }) => component === hit?.component) : -1;
  return { atom, conformer: index < 0 ? null : index };
}
