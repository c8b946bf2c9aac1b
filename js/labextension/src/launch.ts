import { showErrorMessage } from "@jupyterlab/apputils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { notebookContent, type NotebookSpec, pythonKernel } from "./notebook";

/** Create a notebook in a folder, open it and run it; shows an error and returns undefined if this fails. */
export async function launch(
  documents: IDocumentManager,
  folder: string,
  spec: NotebookSpec,
): Promise<NotebookPanel | undefined> {
  try {
    return await openAndRun(documents, await create(documents, folder, spec));
  } catch (error) {
    await showErrorMessage("The ConfDiff Explorer cannot be opened", error as Error);
    return undefined;
  }
}

async function create(documents: IDocumentManager, folder: string, spec: NotebookSpec): Promise<string> {
  const { contents, kernelspecs } = documents.services;
  await kernelspecs.ready;
  const content = notebookContent(spec, pythonKernel(kernelspecs.specs));
  const { path } = await documents.newUntitled({ path: folder, type: "notebook" });
  await contents.save(path, { type: "notebook", format: "json", content });
  return path;
}

async function openAndRun(documents: IDocumentManager, path: string): Promise<NotebookPanel> {
  const panel = documents.open(path, "Notebook") as NotebookPanel | undefined;
  if (!panel) throw new Error(`JupyterLab has no notebook editor for ${path}. Enable its notebook extension and try again.`);
  await panel.revealed;
  await panel.sessionContext.ready;
  // not awaited, because the cell may run for a long time
  void NotebookActions.runAll(panel.content, panel.sessionContext);
  return panel;
}
