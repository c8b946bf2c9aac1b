/** What can be done with a file, judged by its name. */

const SEQUENCES = [".fasta", ".fa"];
const STRUCTURES = [".pdb", ".cif"];
const TRAJECTORIES = [".xtc", ".dcd", ".npz"];

/** It names a protein. */
export function canSample(name: string): boolean {
  return [...SEQUENCES, ...STRUCTURES].includes(extension(name));
}

/** It holds conformers. */
export function canOpen(name: string): boolean {
  return [...STRUCTURES, ...TRAJECTORIES].includes(extension(name));
}

function extension(name: string): string {
  return name.slice(Math.max(0, name.lastIndexOf("."))).toLowerCase();
}
