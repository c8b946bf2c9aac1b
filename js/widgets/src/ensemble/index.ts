/** The conformers as a table, and the exports: the bottom of the Explorer. */

import { panel } from "../shared/panel";
import { Ensemble } from "./ensemble";
import "./ensemble.css";
import type { EnsembleMessage, EnsembleState } from "./state";

export default panel<EnsembleState, EnsembleMessage>(Ensemble);
