import { PageConfig } from "@jupyterlab/coreutils";
import type { INotebookContent } from "@jupyterlab/nbformat";
import { type INotebookTracker, NotebookActions } from "@jupyterlab/notebook";
import { freshCell } from "./notebook";

/** The page's option that names the notebook which `confdiff lab` opened (confdiff_widgets/cli/lab.py). */
const FIRST = "confdiffFirst";

/** Run the Explorer's cell of that notebook when it opens and has never run. */
export function runFirst(notebooks: INotebookTracker): void {
  const path = PageConfig.getOption(FIRST);
  if (!path) return;
  notebooks.widgetAdded.connect(async (_, panel) => {
    if (panel.context.path !== path) return;
    await Promise.all([panel.revealed, panel.sessionContext.ready]);
    const index = freshCell(panel.context.model.toJSON() as INotebookContent);
    const cell = panel.content.widgets[index];
    if (cell) await NotebookActions.runCells(panel.content, [cell], panel.sessionContext);
  });
}
