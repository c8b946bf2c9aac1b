import { PageConfig } from "@jupyterlab/coreutils";
import type { INotebookContent } from "@jupyterlab/nbformat";
import { type INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import { cellToRun } from "./notebook";

/** Page option with the path of the notebook that `confdiff lab` opens (confdiff_widgets/cli/lab.py). */
const FIRST_NOTEBOOK = "confdiffFirst";

/** Run the Explorer's cell when that notebook is opened, unless it has been run before. */
export function runFirstNotebook(notebooks: INotebookTracker): void {
  const path = PageConfig.getOption(FIRST_NOTEBOOK);
  if (!path) return;
  notebooks.widgetAdded.connect(async (_, panel) => {
    if (panel.context.path !== path) return;
    await Promise.all([panel.revealed, panel.sessionContext.ready]);
    const index = cellToRun(panel.context.model.toJSON() as INotebookContent);
    const cell = panel.content.widgets[index];
    if (cell) await NotebookActions.runCells(panel.content, [cell], panel.sessionContext);
  });
}
