/** How the viewer and the plots show things. */

import { part } from "../shared/part";
import { Toolbar, type ToolbarMessage, type ToolbarState } from "./toolbar";
import "./toolbar.css";

export default part<ToolbarState, ToolbarMessage>(Toolbar);
