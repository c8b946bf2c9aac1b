/** Controls of the viewer and of the plots. */

import { panel } from "../shared/panel";
import type { ToolbarMessage, ToolbarState } from "./state";
import { Toolbar } from "./toolbar";
import "./toolbar.css";

export default panel<ToolbarState, ToolbarMessage>(Toolbar);
