/** The plugin: ConfDiff in JupyterLab's launcher, command palette and file browser. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette } from "@jupyterlab/apputils";
import { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import { addCommands, OPEN_ENSEMBLE, OPEN_EXPLORER, SAMPLE } from "./commands";
import { runFirstNotebook } from "./first-notebook";
import { addTabs, restoreTabs } from "./tabs";

const FILES = '.jp-DirListing-item[data-isdir="false"]';
const AFTER_OPEN_WITH = 2;
const AFTER_TERMINAL = 0.5; // not first, because a category shows the icon of its first card

const plugin: JupyterFrontEndPlugin<void> = {
  id: "confdiff-widgets:plugin",
  description: "Opens the ConfDiff Explorer from the launcher, the command palette and the file browser.",
  autoStart: true,
  requires: [IFileBrowserFactory, INotebookTracker],
  optional: [ILauncher, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    browsers: IFileBrowserFactory,
    notebooks: INotebookTracker,
    launcher: ILauncher | null,
    palette: ICommandPalette | null,
  ) => {
    addCommands(app, browsers);
    addTabs(app, notebooks);
    void restoreTabs(app);
    runFirstNotebook(notebooks);
    launcher?.add({ command: OPEN_EXPLORER, category: "Other", rank: AFTER_TERMINAL });
    palette?.addItem({ command: OPEN_EXPLORER, category: "ConfDiff" });
    for (const command of [SAMPLE, OPEN_ENSEMBLE]) {
      app.contextMenu.addItem({ command, selector: FILES, rank: AFTER_OPEN_WITH });
    }
  },
};

export default plugin;
