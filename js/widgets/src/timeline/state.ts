/** State and messages of the timeline (panel_states.py, controller.py). */

export interface Flag {
  step: number;
  text: string;
}

export interface BranchState {
  name: string;
  title: string;
  color: string;
  /** "335 K", "≈ 335 K" or "varied"; empty for guidance without a temperature. */
  temperature: string;
  parent: string | null;
  fork: number;
  /** Number of completed steps. */
  completed: number;
  steps: number;
  /** γ, η, guidance, seed and number of conformers. */
  settings: string;
  flags: Flag[];
}

export interface TimelineState {
  branches: BranchState[];
  current: string;
  /** The branch in the second viewer. */
  compared: string | null;
  /** t at each step of the current branch. */
  times: number[];
  /** Step that is shown. */
  step: number;
  /** Whether the newest step is shown. */
  live: boolean;
  /** What can be undone, such as "remove B"; empty for nothing. */
  undo: string;
}

export type TimelineMessage =
  | { seek: number | null }
  | { fork: number }
  | { select_branch: string }
  | { compare: string | null }
  | { remove: string }
  | { undo: true }
  | { rename: { name: string; title: string } }
  | { new_run: true };

/** Position of a step on the timeline (%). */
export function position(step: number, steps: number): number {
  return steps ? (100 * step) / steps : 0;
}

/** Why the run cannot be branched at a step; empty if it can. */
export function forkDisabledReason(state: TimelineState, step: number): string {
  const branch = state.branches.find(({ name }) => name === state.current);
  if (!branch || branch.completed === 0) return "no step is completed yet: press Run first";
  return step < branch.steps ? "" : "no steps are left here: go back first";
}
