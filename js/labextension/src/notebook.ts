/** What the commands run in a kernel, and the cell that runs when the first notebook opens. */

import type { INotebookContent } from "@jupyterlab/nbformat";
import type { KernelSpec } from "@jupyterlab/services";

/** A widget of confdiff_widgets. */
export interface WidgetSpec {
  /** Title of its tab. */
  title: string;
  /** Name to import from confdiff_widgets. */
  name: string;
  /** Python expression that returns the widget. */
  expression: string;
}

export const CHIGNOLIN: WidgetSpec = {
  title: "ConfDiff Explorer",
  name: "Explorer",
  expression: 'Explorer("chignolin", play=True)',
};

export function sampleFrom(file: string): WidgetSpec {
  return { title: file, name: "Explorer", expression: `Explorer.from_file(${pythonString(file)})` };
}

export function openEnsemble(file: string): WidgetSpec {
  return { title: file, name: "open_ensemble", expression: `open_ensemble(${pythonString(file)})` };
}

/** Code that shows a widget, and keeps it for `SHOW_AGAIN`. */
export function codeOf({ name, expression }: WidgetSpec): string {
  return `from confdiff_widgets import ${name}\n\nconfdiff_widget = ${expression}\nconfdiff_widget`;
}

/** Code that shows the widget again after the page was loaded again. */
export const SHOW_AGAIN = `\
if "confdiff_widget" in globals():
    display(confdiff_widget)
else:
    print("The kernel of this tab has ended. Open the tab again; its runs are among the saved runs.")`;

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
