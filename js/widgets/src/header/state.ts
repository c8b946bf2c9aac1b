/** What Python sends to the header, and what the header answers (widgets/_states.py). */

export interface Seed {
  value: number;
  locked: boolean;
}

export interface HeaderState {
  /** Of this picture; answered with {painted} once it is on the screen. */
  number: number;
  title: string;
  sequence: string;
  reference: string;
  status: "empty" | "loading" | "ready" | "running" | "paused" | "stopped" | "finished" | "failed";
  /** What the status means to a person; may say why something failed and how to cure it. */
  message: string;
  step: number;
  steps: number;
  t: number;
  rate: number;
  seed: Seed;
  samples: number;
  device: string;
  /** Residues that keep their shape; empty for none. */
  held: string;
  /** Conformers; null before there are predictions. */
  clashes: number | null;
  broken: number | null;
  speed: number | null;
  saved: string;
  /** The saved run that it was read from; empty for none. */
  restored: string;
  /** What the Explorer stands on; good is null while it is not known. */
  checks: { text: string; good: boolean | null }[];
  /** Begin with the guided tour. */
  tour: boolean;
}

export type Command = "play" | "pause" | "step" | "stop" | "reset" | "restart";

export type HeaderMessage =
  | { do: Command }
  | { seed: Seed }
  | { speed: number | null }
  | { painted: number }
  | { dark: boolean }
  | { type: number }
  | { dismiss: true };

/** Which commands a status allows. */
export function allowed(status: HeaderState["status"], command: Command): boolean {
  const alive = ["ready", "paused", "running", "stopped", "finished"].includes(status);
  switch (command) {
    case "play":
      return ["ready", "paused", "finished", "stopped", "failed"].includes(status); // failed: the step again
    case "pause":
      return status === "running";
    case "step":
      return ["ready", "paused", "running"].includes(status);
    case "stop":
      return status === "running" || status === "paused";
    case "reset":
      return alive && status !== "ready";
    case "restart":
      return alive || status === "failed";
  }
}

/** Why a command is not allowed; empty when it is. */
export function why(status: HeaderState["status"], command: Command): string {
  if (allowed(status, command)) return "";
  if (status === "empty") return "there is no run yet";
  if (status === "loading") return "the networks are being loaded";
  if (status === "failed") return "the run failed; run on or restart it";
  if (command === "reset") return "the run is at its start";
  if (command === "stop") return "nothing runs";
  if (command === "step") return `the run is ${status}; reset or restart it`;
  return `the run is ${status}`;
}

/** The command of a key pressed outside of fields and buttons. */
export function commandOf(key: string, status: HeaderState["status"]): Command | null {
  if (key === " ") return status === "running" ? "pause" : "play";
  if (key === "ArrowRight") return "step";
  return null;
}
