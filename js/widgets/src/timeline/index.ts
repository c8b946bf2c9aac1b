/** The film of a run, its branches, and where to leave it: below the viewer. */

import { part } from "../shared/part";
import type { TimelineMessage, TimelineState } from "./state";
import { Timeline } from "./timeline";
import "./timeline.css";

export default part<TimelineState, TimelineMessage>(Timeline);
