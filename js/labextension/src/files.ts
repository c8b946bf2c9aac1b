/** The file types that the file browser's commands accept. */

const SEQUENCES = [".fasta", ".fa"];
const STRUCTURES = [".pdb", ".cif"];
const TRAJECTORIES = [".xtc", ".dcd", ".npz"];

/** Whether the file contains a sequence or a structure to sample from. */
export function canSample(name: string): boolean {
  return [...SEQUENCES, ...STRUCTURES].includes(extension(name));
}

/** Whether the file contains conformers. */
export function canOpen(name: string): boolean {
  return [...STRUCTURES, ...TRAJECTORIES].includes(extension(name));
}

function extension(name: string): string {
  return name.slice(Math.max(0, name.lastIndexOf("."))).toLowerCase();
}
