import { LabIcon } from "@jupyterlab/ui-components";
import svgstr from "../style/explorer.svg";

export const explorerIcon = new LabIcon({ name: "confdiff:explorer", svgstr });
