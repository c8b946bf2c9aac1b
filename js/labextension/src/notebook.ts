/** Content of new notebooks: a line of explanation and a cell that shows a widget. */

import type { INotebookContent } from "@jupyterlab/nbformat";
import type { KernelSpec } from "@jupyterlab/services";

export interface NotebookSpec {
  /** Markdown. */
  explanation: string;
  /** Name to import from confdiff_widgets. */
  name: string;
  /** Python expression that returns a widget. */
  expression: string;
}

export const CHIGNOLIN: NotebookSpec = {
  explanation: "Watch guided diffusion turn noise into conformers of chignolin, and change the guidance while it runs.",
  name: "Explorer",
  expression: 'Explorer("chignolin", play=True)',
};

export function sampleFrom(file: string): NotebookSpec {
  return {
    explanation: "Sample conformations of the protein in this file, and change the guidance while they form.",
    name: "Explorer",
    expression: `Explorer.from_file(${pythonString(file)})`,
  };
}

export function openEnsemble(file: string): NotebookSpec {
  return {
    explanation: "Show the conformers in this file.",
    name: "open_ensemble",
    expression: `open_ensemble(${pythonString(file)})`,
  };
}

export function notebookContent({ explanation, name, expression }: NotebookSpec, kernel: Kernel): INotebookContent {
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

/** The default kernel if it is a Python kernel, otherwise the first Python kernel. */
export function pythonKernel(
  specs: { default: string; kernelspecs: Record<string, Kernel | undefined> } | null,
): Kernel {
  const kernels = specs ? [specs.kernelspecs[specs.default], ...Object.values(specs.kernelspecs)] : [];
  const found = kernels.find((kernel) => kernel?.language.toLowerCase() === "python");
  if (found) return found;
  throw new Error(
    "JupyterLab has no Python kernel. Run `pip install ipykernel` in its environment and reload " +
      "the page.",
  );
}

/** A Python string literal; JSON's escape sequences have the same meaning in Python. */
export function pythonString(text: string): string {
  return JSON.stringify(text);
}

/** Index of the first code cell, or -1 if any cell was run before, so that results are not replaced. */
export function cellToRun({ cells }: INotebookContent): number {
  const wasRun = cells.some((cell) => cell.cell_type === "code" && cell.execution_count !== null);
  return wasRun ? -1 : cells.findIndex((cell) => cell.cell_type === "code");
}
