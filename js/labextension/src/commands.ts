import type { JupyterFrontEnd } from "@jupyterlab/application";
import { PathExt } from "@jupyterlab/coreutils";
import type { IFileBrowserFactory } from "@jupyterlab/filebrowser";
import { canOpen, canSample } from "./files";
import { explorerIcon } from "./icon";
import { CHIGNOLIN, openEnsemble, sampleFrom, type WidgetSpec } from "./notebook";
import { launch } from "./tabs";

export const OPEN_EXPLORER = "confdiff:open-explorer";
export const SAMPLE = "confdiff:sample";
export const OPEN_ENSEMBLE = "confdiff:open-ensemble";

export function addCommands(
  app: JupyterFrontEnd,
  { tracker }: IFileBrowserFactory,
): void {
  const { commands } = app;
  commands.addCommand(OPEN_EXPLORER, {
    label: "ConfDiff Explorer",
    caption: "Run, watch and guide the diffusion of protein conformations",
    icon: explorerIcon,
    execute: ({ cwd }) => {
      const folder = (cwd as string | undefined) ?? tracker.currentWidget?.model.path ?? "";
      return launch(app, folder, CHIGNOLIN);
    },
  });

  /** Add a command for the file browser that is visible if one suitable file is selected. */
  const addFileCommand = (
    id: string,
    label: string,
    accepts: (name: string) => boolean,
    specOf: (name: string) => WidgetSpec,
  ) => {
    const selected = () => {
      const files = [...(tracker.currentWidget?.selectedItems() ?? [])];
      return files.length === 1 && accepts(files[0].name) ? files[0] : null;
    };
    commands.addCommand(id, {
      label,
      icon: explorerIcon,
      isVisible: () => selected() !== null,
      execute: () => {
        const file = selected();
        return file ? launch(app, PathExt.dirname(file.path), specOf(file.name)) : undefined;
      },
    });
  };
  addFileCommand(SAMPLE, "Sample conformations", canSample, sampleFrom);
  addFileCommand(OPEN_ENSEMBLE, "Open ensemble", canOpen, openEnsemble);
}
