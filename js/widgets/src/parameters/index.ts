/** γ, η and the settings of the next run: the left column of the Explorer. */

import { panel } from "../shared/panel";
import "./parameters.css";
import { Parameters } from "./parameters";
import type { ParametersMessage, ParametersState } from "./state";

export default panel<ParametersState, ParametersMessage>(Parameters);
