/** The notebook that a person gets: one line of explanation, and the cell that shows the Explorer. */

import type { INotebookContent } from "@jupyterlab/nbformat";
import type { KernelSpec } from "@jupyterlab/services";

export interface Start {
  /** Markdown. */
  explanation: string;
  /** What the expression needs of confdiff_widgets. */
  name: string;
  /** Python that shows a widget. */
  expression: string;
}

export const CHIGNOLIN: Start = {
  explanation: "Watch a guided diffusion fold chignolin out of noise, and steer it while it runs.",
  name: "Explorer",
  expression: 'Explorer("chignolin", play=True)',
};

export function sampleFrom(file: string): Start {
  return {
    explanation: "Sample conformations of the protein in this file, and steer while they form.",
    name: "Explorer",
    expression: `Explorer.from_file(${pythonString(file)})`,
  };
}

export function openEnsemble(file: string): Start {
  return {
    explanation: "Look at the conformers in this file.",
    name: "open_ensemble",
    expression: `open_ensemble(${pythonString(file)})`,
  };
}

export function notebook({ explanation, name, expression }: Start, kernel: Kernel): INotebookContent {
  const source = `from confdiff_widgets import ${name}\n\n${expression}`;
  return {
    metadata: {
      kernelspec: { name: kernel.name, display_name: kernel.display_name },
      language_info: { name: "python" },
    },
    nbformat: 4,
    nbformat_minor: 5,
    cells: [
      { cell_type: "markdown", id: "explanation", metadata: {}, source: explanation },
      {
        cell_type: "code",
        id: "explorer",
        metadata: {},
        source,
        execution_count: null,
        outputs: [],
      },
    ],
  };
}

type Kernel = Pick<KernelSpec.ISpecModel, "name" | "display_name" | "language">;

/** The default kernel if it speaks Python, or the first that does. */
export function pythonKernel(
  specs: { default: string; kernelspecs: Record<string, Kernel | undefined> } | null,
): Kernel {
  const kernels = specs ? [specs.kernelspecs[specs.default], ...Object.values(specs.kernelspecs)] : [];
  const found = kernels.find((kernel) => kernel?.language.toLowerCase() === "python");
  if (found) return found;
  throw new Error(
    "JupyterLab has no Python kernel. Install one in its environment with " +
      "`pip install ipykernel`, and reload the page.",
  );
}

/** A Python literal; JSON's escapes mean the same in Python. */
export function pythonString(text: string): string {
  return JSON.stringify(text);
}

/** Index of the first code cell; -1 if any was run before: what a person has made is left as it is. */
export function freshCell({ cells }: INotebookContent): number {
  const ran = cells.some((cell) => cell.cell_type === "code" && cell.execution_count !== null);
  return ran ? -1 : cells.findIndex((cell) => cell.cell_type === "code");
}
