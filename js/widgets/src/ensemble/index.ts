/** The conformers as a table, and what one can take away: the bottom of the Explorer. */

import { part } from "../shared/part";
import { Ensemble } from "./ensemble";
import "./ensemble.css";
import type { EnsembleMessage, EnsembleState } from "./state";

export default part<EnsembleState, EnsembleMessage>(Ensemble);
