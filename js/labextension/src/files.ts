/** The file types that the file browser's commands accept, as in ensembles/file_formats.py. */

const FASTA = [".fasta", ".fa", ".faa"];
const STRUCTURES = [".pdb", ".ent", ".cif", ".mmcif", ".gro"];
const TRAJECTORIES = [".xtc", ".dcd", ".trr", ".nc", ".netcdf", ".h5", ".npz"];

/** Whether the file contains a sequence or a structure to sample from. */
export function canSample(name: string): boolean {
  return endsWith(name, orZipped([...FASTA, ...STRUCTURES]));
}

/** Whether the file contains conformers. */
export function canOpen(name: string): boolean {
  return endsWith(name, [...orZipped(STRUCTURES), ...TRAJECTORIES]);
}

function orZipped(endings: string[]): string[] {
  return [...endings, ...endings.map((ending) => `${ending}.gz`)];
}

/** Whether a name has one of the endings. Hidden files, such as ._NAME of macOS, are no data. */
function endsWith(name: string, endings: string[]): boolean {
  return !name.startsWith(".") && endings.some((ending) => name.toLowerCase().endsWith(ending));
}
