/** State and messages of the header (panel_states.py, controller.py). */

import type { Validity } from "../shared/state";

export interface Seed {
  value: number;
  locked: boolean;
}

export interface Check {
  text: string;
  /** null while it is not known. */
  passed: boolean | null;
}

export interface HeaderState {
  /** Number of the update; answered with {painted} once it is on the screen. */
  number: number;
  title: string;
  sequence: string;
  /** Kind of physical guidance, and the temperature of the run if it has one. */
  guidance: string;
  status: "empty" | "loading" | "ready" | "running" | "paused" | "stopped" | "finished" | "failed";
  /** What went wrong and what to do, or another notice; empty for none. */
  message: string;
  step: number;
  steps: number;
  t: number;
  rate: number;
  seed: Seed;
  device: string;
  /** "residues 3-7 fixed"; empty for none. */
  fixed: string;
  /** null before there are predictions. */
  validity: Validity | null;
  speed: number | null;
  /** Folder in which the run is saved; empty for none. */
  saved: string;
  /** Folder of the saved run that is shown; empty for none. */
  restored: string;
  checks: Check[];
  /** Start with the guided tour. */
  tour: boolean;
}

export type Command = "play" | "pause" | "step" | "stop" | "reset" | "restart";

export type HeaderMessage =
  | { transport: Command }
  | { seed: Seed }
  | { speed: number | null }
  | { painted: number }
  | { dark: boolean }
  | { font_size: number }
  | { dismiss: true };

/** Whether a command is available in a status. */
export function available(status: HeaderState["status"], command: Command): boolean {
  const loaded = ["ready", "paused", "running", "stopped", "finished"].includes(status);
  switch (command) {
    case "play":
      return ["ready", "paused", "finished", "stopped", "failed"].includes(status); // failed: try the step again
    case "pause":
      return status === "running";
    case "step":
      return ["ready", "paused", "running"].includes(status);
    case "stop":
      return status === "running" || status === "paused";
    case "reset":
      return loaded && status !== "ready";
    case "restart":
      return loaded || status === "failed";
  }
}

/** Why a command is not available; empty if it is. */
export function disabledReason(status: HeaderState["status"], command: Command): string {
  if (available(status, command)) return "";
  if (status === "empty") return "there is no run yet";
  if (status === "loading") return "the networks are loading";
  if (status === "failed") return "the run failed; continue or restart it";
  if (command === "reset") return "the run is at its start";
  if (command === "stop") return "nothing is running";
  if (command === "step") return `the run is ${status}; reset or restart it`;
  return `the run is ${status}`;
}

/** The command of a key that is pressed outside fields and buttons. */
export function commandOf(key: string, status: HeaderState["status"]): Command | null {
  if (key === " ") return status === "running" ? "pause" : "play";
  if (key === "ArrowRight") return "step";
  return null;
}
