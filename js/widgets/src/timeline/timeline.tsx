import { useHeld } from "../shared/held";
import { Help } from "../shared/help";
import type { PartProps } from "../shared/part";
import { type BranchState, place, type TimelineMessage, type TimelineState, whyNoFork } from "./state";

const ABOUT =
  "A run is a film from noise to structure. Scrub back to any step to look at it; branch there, and " +
  "the past is kept while the future is sampled anew with the knobs as they stand.";
const FORK = "Keep the past up to the step shown, and sample another future with the knobs as they stand";

export function Timeline({ state, send }: PartProps<TimelineState, TimelineMessage>) {
  const [at, move, letGo] = useHeld(state.at);
  const order = (message: TimelineMessage) => {
    letGo();
    send(message);
  };
  const current = state.branches.find(({ name }) => name === state.current);
  if (!current) return null;
  const t = state.times[at];
  const at_t = t === undefined ? "" : `, t ${t.toFixed(2)}`;
  const noFork = whyNoFork(state, at);
  return (
    <div class="cd-timeline">
      <div class="cd-film-row">
        <b>Timeline</b>
        <Help about="the timeline">{ABOUT}</Help>
        <span class="cd-quiet cd-small">noise</span>
        <div class="cd-film" style={{ "--cd-branch": current.color }}>
          <div class="cd-made" style={{ width: `${place(current.made, current.steps)}%` }} />
          {current.fork > 0 && (
            <div class="cd-fork" title={`branched here from ${current.parent}`} style={{ left: `${place(current.fork, current.steps)}%` }} />
          )}
          {current.flags.map((flag) => (
            <div key={`${flag.step} ${flag.text}`} class="cd-flag" title={`step ${flag.step}: ${flag.text}`} style={{ left: `${place(flag.step, current.steps)}%` }}>
              ⚑<span>{flag.text}</span>
            </div>
          ))}
          <input
            type="range"
            min={0}
            max={current.steps}
            step={1}
            value={at}
            aria-label="Step that is shown"
            aria-valuetext={`step ${at}${at_t}`}
            onInput={(event) => {
              const step = Math.min(event.currentTarget.valueAsNumber, current.made);
              event.currentTarget.value = String(step);
              move(step);
              send({ scrub: step });
            }}
          />
        </div>
        <span class="cd-quiet cd-small">structure</span>
        <span class="cd-numbers cd-at">
          step {at}
          {at_t}
        </span>
        <button
          type="button"
          disabled={state.live}
          title={state.live ? "It follows the run already" : "Follow the run again"}
          onClick={() => order({ scrub: null })}
        >
          ⇥ Live
        </button>
        <button
          type="button"
          disabled={Boolean(noFork)}
          title={noFork ? `${FORK}: not now, ${noFork}` : FORK}
          aria-description={noFork || undefined}
          onClick={() => order({ fork: at })}
        >
          Branch here
        </button>
      </div>
      <div class="cd-branches" role="list" aria-label="Branches">
        {state.branches.map((branch) => (
          <BranchChip key={branch.name} branch={branch} state={state} send={order} />
        ))}
        <button type="button" class="cd-plain" title="A new run beside the others, with the settings as they stand" onClick={() => order({ add: true })}>
          + New run
        </button>
      </div>
    </div>
  );
}

function BranchChip({ branch, state, send }: { branch: BranchState; state: TimelineState; send: (m: TimelineMessage) => void }) {
  const current = branch.name === state.current;
  const compared = branch.name === state.compared;
  return (
    <span role="listitem" class={`cd-branch ${current ? "cd-current" : ""}`} style={{ "--cd-branch": branch.color }}>
      <button type="button" class="cd-plain" aria-pressed={current} title="Show this branch" onClick={() => send({ select: branch.name })}>
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
        {branch.made}/{branch.steps}
      </span>
      {!current && (
        <button
          type="button"
          class="cd-plain"
          aria-pressed={compared}
          aria-label={`Compare with branch ${branch.name}`}
          title="Beside the current branch, in a second viewer"
          onClick={() => send({ compare: compared ? null : branch.name })}
        >
          ⇄
        </button>
      )}
      {state.branches.length > 1 && (
        <button type="button" class="cd-plain" aria-label={`Remove branch ${branch.name}`} title="Remove (what was saved stays)" onClick={() => send({ remove: branch.name })}>
          ✕
        </button>
      )}
    </span>
  );
}
