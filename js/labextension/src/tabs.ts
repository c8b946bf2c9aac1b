/** Tabs in the main area: an Explorer of a notebook, or one of its own that needs no notebook. */

import type { JupyterFrontEnd } from "@jupyterlab/application";
import { MainAreaWidget, showErrorMessage } from "@jupyterlab/apputils";
import { PathExt } from "@jupyterlab/coreutils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import { explorerIcon } from "./icon";
import { codeOf, pythonKernel, SHOW_AGAIN, type WidgetSpec } from "./notebook";

/** Sent by the button of the Explorer (js/widgets/src/header). */
const OPEN_TAB = "confdiff:open-tab";
/** In the path of a tab without a notebook; the path is no file, but names the kernel session. */
const SESSION = "confdiff-explorer-";
const WIDGET = "application/vnd.jupyter.widget-view+json";

/** A console panel of JupyterLab, as far as it is used here. */
interface ConsolePanel {
  title: { icon: unknown };
  toolbar: { hide(): void };
  addClass(name: string): void;
  sessionContext: { path: string; ready: Promise<void>; kernelPreference: object };
  console: { inject(code: string): Promise<void> };
}

/** Let the Explorers of notebooks offer to be opened in a tab. */
export function addTabs({ shell }: JupyterFrontEnd, notebooks: INotebookTracker): void {
  document.body.dataset.confdiffTabs = "true"; // shows the button
  document.body.addEventListener(OPEN_TAB, ({ target }) => {
    const panel = notebooks.find(({ node }) => node.contains(target as Node));
    if (panel) openTab(shell, panel, target as HTMLElement);
  });
}

/** Show the widget around an element in a tab; meanwhile the cell says where it is. */
function openTab(shell: JupyterFrontEnd.IShell, panel: NotebookPanel, element: HTMLElement): void {
  const output = element.closest<HTMLElement>(".jp-OutputArea-output");
  const model = outputModel(panel, element);
  if (!output || !model) return;
  const content = panel.content.rendermime.createRenderer(WIDGET);
  content.addClass("confdiff-tab-content");
  const tab = new MainAreaWidget({ content });
  tab.id = `confdiff-tab-${Date.now()}`;
  tab.addClass("confdiff-tab");
  tab.title.label = "ConfDiff Explorer";
  tab.title.caption = panel.context.path;
  tab.title.icon = explorerIcon;
  tab.title.closable = true;
  output.classList.add("confdiff-in-tab");
  tab.disposed.connect(() => {
    output.classList.remove("confdiff-in-tab");
    window.dispatchEvent(new Event("resize")); // viewer and plots were hidden
  });
  panel.disposed.connect(() => tab.dispose());
  shell.add(tab, "main");
  void content.renderModel(model);
}

function outputModel({ content }: NotebookPanel, element: HTMLElement) {
  for (const cell of content.widgets) {
    if (!cell.node.contains(element) || cell.model.type !== "code") continue;
    const { widgets, model } = (cell as unknown as CodeCell).outputArea;
    const index = widgets.findIndex(({ node }) => node.contains(element));
    return index < 0 ? undefined : model.get(index);
  }
  return undefined;
}

interface CodeCell {
  outputArea: {
    widgets: readonly { node: HTMLElement }[];
    model: { get(index: number): Parameters<ReturnType<NotebookPanel["content"]["rendermime"]["createRenderer"]>["renderModel"]>[0] };
  };
}

/**
 * Run an expression in a new kernel and show its widget in a tab, without a notebook: in a console of
 * which only the output is visible. JupyterLab restores the console and its kernel after a reload.
 */
export async function launch(app: JupyterFrontEnd, folder: string, spec: WidgetSpec): Promise<void> {
  try {
    const { kernelspecs } = app.serviceManager;
    await kernelspecs.ready;
    const path = PathExt.join(folder, `${SESSION}${Date.now()}`);
    const panel: ConsolePanel = await app.commands.execute("console:create", {
      path,
      name: spec.title,
      kernelPreference: { name: pythonKernel(kernelspecs.specs).name },
    });
    await run(panel, codeOf(spec));
  } catch (error) {
    await showErrorMessage("The ConfDiff Explorer cannot be opened", error as Error);
  }
}

/** Show the widgets of tabs that JupyterLab has restored. */
export async function restoreTabs(app: JupyterFrontEnd): Promise<void> {
  await app.restored;
  for (const widget of app.shell.widgets("main")) {
    const panel = widget as unknown as ConsolePanel;
    if (panel.sessionContext?.path.includes(SESSION)) void run(panel, SHOW_AGAIN);
  }
}

/** Run code in a console that shows nothing but its output, and ends its kernel when it is closed. */
async function run(panel: ConsolePanel, code: string): Promise<void> {
  panel.addClass("confdiff-tab");
  panel.toolbar.hide();
  panel.title.icon = explorerIcon;
  await panel.sessionContext.ready;
  panel.sessionContext.kernelPreference = { ...panel.sessionContext.kernelPreference, shutdownOnDispose: true };
  void panel.console.inject(code); // not awaited, because it may run for a long time
}
