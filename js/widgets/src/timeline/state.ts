/** What Python sends to the timeline, and what it answers (widgets/_states.py). */

export interface Flag {
  step: number;
  text: string;
}

export interface BranchState {
  name: string;
  title: string;
  color: string;
  parent: string | null;
  fork: number;
  /** Steps made, of `steps`. */
  made: number;
  steps: number;
  flags: Flag[];
}

export interface TimelineState {
  branches: BranchState[];
  current: string;
  /** The branch beside the current one, in a second viewer. */
  compared: string | null;
  /** t of every step of the current branch. */
  times: number[];
  /** Step that is looked at. */
  at: number;
  /** Whether it follows the run. */
  live: boolean;
}

export type TimelineMessage =
  | { scrub: number | null }
  | { fork: number }
  | { select: string }
  | { compare: string | null }
  | { remove: string }
  | { rename: { name: string; title: string } }
  | { add: true };

/** Where a step lies on the film, in per cent. */
export function place(step: number, steps: number): number {
  return steps ? (100 * step) / steps : 0;
}

/** Why one cannot branch at a step: something must have been made, and something be left to do. */
export function whyNoFork(state: TimelineState, at: number): string {
  const branch = state.branches.find(({ name }) => name === state.current);
  if (!branch || branch.made === 0) return "nothing is made yet: run first";
  return at < branch.steps ? "" : "this is the end: scrub back first";
}
