import { showErrorMessage } from "@jupyterlab/apputils";
import type { IDocumentManager } from "@jupyterlab/docmanager";
import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";
import { notebook, pythonKernel, type Start } from "./notebook";

/** Make a notebook in this folder, open it and run it; undefined after a message that says why not. */
export async function launch(
  documents: IDocumentManager,
  folder: string,
  start: Start,
): Promise<NotebookPanel | undefined> {
  try {
    return await openAndRun(documents, await create(documents, folder, start));
  } catch (error) {
    await showErrorMessage("The ConfDiff Explorer cannot be opened", error as Error);
    return undefined;
  }
}

async function create(documents: IDocumentManager, folder: string, start: Start): Promise<string> {
  const { contents, kernelspecs } = documents.services;
  await kernelspecs.ready;
  const content = notebook(start, pythonKernel(kernelspecs.specs));
  const { path } = await documents.newUntitled({ path: folder, type: "notebook" });
  await contents.save(path, { type: "notebook", format: "json", content });
  return path;
}

async function openAndRun(documents: IDocumentManager, path: string): Promise<NotebookPanel> {
  const panel = documents.open(path, "Notebook") as NotebookPanel | undefined;
  if (!panel) throw new Error(`No notebook editor for ${path}. Enable JupyterLab's own, and retry.`);
  await panel.revealed;
  await panel.sessionContext.ready;
  // not awaited: the Explorer's cell may take as long as it likes
  void NotebookActions.runAll(panel.content, panel.sessionContext);
  return panel;
}
