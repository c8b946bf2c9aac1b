import { useState } from "preact/hooks";
import { Help } from "../shared/help";
import { useOptimistic } from "../shared/optimistic";
import type { PanelProps } from "../shared/panel";
import { type BranchState, forkDisabledReason, position, type TimelineMessage, type TimelineState } from "./state";

const ABOUT =
  "The timeline shows a run from noise to structure. Drag the slider back to show an earlier step. A branch keeps " +
  "the steps up to the one shown and samples the rest again with the current γ and η.";
const FORK = "Keep the steps up to this one, and sample the rest again with the current γ and η";

export function Timeline({ state, send }: PanelProps<TimelineState, TimelineMessage>) {
  const [step, setStep, resetStep] = useOptimistic(state.step);
  const [expanded, setExpanded] = useState(false);
  const sendCommand = (message: TimelineMessage) => {
    resetStep();
    send(message);
  };
  const current = state.branches.find(({ name }) => name === state.current);
  if (!current) return null;
  const t = state.times[step];
  const atTime = t === undefined ? "" : `, t ${t.toFixed(2)}`;
  const forkReason = forkDisabledReason(state, step);
  return (
    <div class="cd-timeline">
      <div class="cd-track-row">
        <b>Timeline</b>
        <Help about="the timeline">{ABOUT}</Help>
        <span class="cd-quiet cd-small">noise</span>
        <div class="cd-track" style={{ "--cd-branch": current.color }}>
          <div class="cd-completed" style={{ width: `${position(current.completed, current.steps)}%` }} />
          {current.fork > 0 && (
            <div class="cd-fork" title={`Branched here from ${current.parent}`} style={{ left: `${position(current.fork, current.steps)}%` }} />
          )}
          {current.flags.map((flag) => (
            <div key={`${flag.step} ${flag.text}`} class="cd-flag" title={`Step ${flag.step}: ${flag.text}`} style={{ left: `${position(flag.step, current.steps)}%` }}>
              ⚑<span>{flag.text}</span>
            </div>
          ))}
          <input
            type="range"
            min={0}
            max={current.steps}
            step={1}
            value={step}
            aria-label="Step"
            aria-valuetext={`step ${step}${atTime}`}
            onInput={(event) => {
              const target = Math.min(event.currentTarget.valueAsNumber, current.completed);
              event.currentTarget.value = String(target);
              setStep(target);
              send({ seek: target });
            }}
          />
        </div>
        <span class="cd-quiet cd-small">structure</span>
        <span class="cd-numbers cd-step">
          step {step}
          {atTime}
        </span>
        <button
          type="button"
          disabled={state.live}
          title={state.live ? "Already showing the latest step" : "Show the latest step"}
          onClick={() => sendCommand({ seek: null })}
        >
          ⇥ Live
        </button>
        <button
          type="button"
          disabled={Boolean(forkReason)}
          title={forkReason ? `${FORK} (unavailable: ${forkReason})` : FORK}
          aria-description={forkReason || undefined}
          onClick={() => sendCommand({ fork: step })}
        >
          Branch here
        </button>
      </div>
      <div class="cd-runs">
        <button
          type="button"
          class="cd-plain"
          aria-expanded={expanded}
          title={expanded ? "Show the current run only" : "List all runs of this session with their settings"}
          onClick={() => setExpanded(!expanded)}
        >
          {expanded ? "▾" : "▸"} Runs ({state.branches.length})
        </button>
        <div class={`cd-branches ${expanded ? "cd-expanded" : ""}`} role="list" aria-label="Branches">
          {state.branches.map((branch) => (
            <BranchChip key={branch.name} branch={branch} state={state} send={sendCommand} detailed={expanded} />
          ))}
        </div>
        <button type="button" class="cd-plain" title="Start a new run with the current settings, and keep the others" onClick={() => sendCommand({ new_run: true })}>
          + New run
        </button>
        {state.undo && (
          <button type="button" class="cd-plain" title={`Undo: ${state.undo}`} onClick={() => sendCommand({ undo: true })}>
            ↶ Undo {state.undo}
          </button>
        )}
      </div>
    </div>
  );
}

interface ChipProps {
  branch: BranchState;
  state: TimelineState;
  send: (message: TimelineMessage) => void;
  /** Show the settings too. */
  detailed: boolean;
}

function BranchChip({ branch, state, send, detailed }: ChipProps) {
  const current = branch.name === state.current;
  const compared = branch.name === state.compared;
  return (
    <span role="listitem" class={`cd-branch ${current ? "cd-current" : ""}`} title={branch.settings} style={{ "--cd-branch": branch.color }}>
      <button type="button" class="cd-plain" aria-pressed={current} title="Show this branch" onClick={() => send({ select_branch: branch.name })}>
        <span class="cd-dot" style={{ background: branch.color }} />
        {branch.name}
      </button>
      <input
        type="text"
        aria-label={`Title of branch ${branch.name}`}
        value={branch.title}
        size={Math.max(branch.title.length, 3)}
        onChange={(event) => send({ rename: { name: branch.name, title: event.currentTarget.value } })}
      />
      <span class="cd-quiet cd-small cd-numbers">
        {[branch.temperature, `${branch.completed}/${branch.steps}`, detailed && branch.settings, detailed && origin(branch)].filter(Boolean).join(" · ")}
      </span>
      {!current && (
        <button
          type="button"
          class="cd-plain"
          aria-pressed={compared}
          aria-label={`Compare with branch ${branch.name}`}
          title="Show next to the current branch, in a second viewer"
          onClick={() => send({ compare: compared ? null : branch.name })}
        >
          ⇄
        </button>
      )}
      {state.branches.length > 1 && (
        <button type="button" class="cd-plain" aria-label={`Remove branch ${branch.name}`} title="Remove (can be undone; the saved run is kept)" onClick={() => send({ remove: branch.name })}>
          ✕
        </button>
      )}
    </span>
  );
}

function origin({ parent, fork }: BranchState): string {
  return parent ? `from ${parent}, step ${fork}` : "";
}
