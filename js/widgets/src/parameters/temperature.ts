/** Conversions between η and kelvin, as in confdiff_widgets/models/temperature.py, for live sliders. */

import type { Temperature } from "./state";

type Ends = Pick<Temperature, "hot" | "cold">;

/** The temperature (K) of η: 1 / T is linear in η. */
export function kelvinOf(eta: number, { hot, cold }: Ends): number {
  return 1 / (1 / hot + eta * (1 / cold - 1 / hot));
}

/** η of a temperature (K). */
export function etaOf(kelvin: number, { hot, cold }: Ends): number {
  return (1 / kelvin - 1 / hot) / (1 / cold - 1 / hot);
}

/** Whether the networks were not trained at the temperature of η. */
export function isExtrapolated(eta: number): boolean {
  return eta < -1e-9 || eta > 1 + 1e-9;
}
