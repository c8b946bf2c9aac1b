/** γ, η and the settings of the next run: the left of the Explorer. */

import { part } from "../shared/part";
import "./knobs.css";
import { Knobs } from "./knobs";
import type { KnobsMessage, KnobsState } from "./state";

export default part<KnobsState, KnobsMessage>(Knobs);
