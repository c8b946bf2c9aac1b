/** The timeline of a run, and its branches: below the viewer. */

import { panel } from "../shared/panel";
import type { TimelineMessage, TimelineState } from "./state";
import { Timeline } from "./timeline";
import "./timeline.css";

export default panel<TimelineState, TimelineMessage>(Timeline);
