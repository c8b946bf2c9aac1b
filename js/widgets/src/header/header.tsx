import { useEffect, useRef, useState } from "preact/hooks";
import type { PartProps } from "../shared/part";
import { allowed, type Command, type HeaderMessage, type HeaderState } from "./state";
import { Tour } from "./tour";

const BUTTONS: [Command, string, string, string][] = [
  ["step", "▷❙", "Step", "Make one step (→)"],
  ["stop", "■", "Stop", "End the run here; what it made stays"],
  ["reset", "↺", "Reset", "Back to the start of this run, with the same noise"],
  ["restart", "⟳", "Restart", "A new run with the present settings; new noise unless the seed is locked"],
];
const SPEEDS: [string, number | null][] = [
  ["full speed", null],
  ["10 steps/s", 10],
  ["4 steps/s", 4],
  ["1 step/s", 1],
];

export function Header({ state, send }: PartProps<HeaderState, HeaderMessage>) {
  useEffect(() => {
    const frame = requestAnimationFrame(() => send({ painted: state.number }));
    return () => cancelAnimationFrame(frame);
  }, [state.number]);
  const running = state.status === "running";
  const [stop, go] = useState(state.tour ? 0 : null);
  const place = useRef<HTMLDivElement>(null);
  return (
    <div class="cd-header" ref={place}>
      <div class="cd-names">
        <strong>ConfDiff Explorer</strong>
        <span>{state.title}</span>
        <code>{state.sequence}</code>
        <span class="cd-quiet">{state.reference}</span>
        <span class="cd-right" />
        <Badge count={state.clashes} of={state.samples} what="clashes" hint="conformers with two CA atoms nearer than 3.0 Å" />
        <Badge count={state.broken} of={state.samples} what="broken" hint="conformers with neighbouring CA atoms more than 4.2 Å apart" />
        <button type="button" class="cd-plain" title="What is where, in seven stops" onClick={() => go(0)}>
          tour
        </button>
        <button
          type="button"
          class="cd-plain"
          title="Full screen"
          onClick={(event) => {
            const root = event.currentTarget.closest(".confdiff-explorer");
            void (document.fullscreenElement ? document.exitFullscreen() : root?.requestFullscreen());
          }}
        >
          full screen
        </button>
        {state.saved && (
          <span class="cd-quiet" title={`Saved as it runs in ${state.saved}`}>
            saved
          </span>
        )}
      </div>
      <div class="cd-transport">
        <button
          type="button"
          class="cd-primary"
          disabled={!allowed(state.status, running ? "pause" : "play")}
          title={running ? "Pause (space)" : "Run (space)"}
          onClick={() => send({ do: running ? "pause" : "play" })}
        >
          {running ? "❚❚ Pause" : "▶ Run"}
        </button>
        {BUTTONS.map(([command, sign, label, hint]) => (
          <button
            key={command}
            type="button"
            title={hint}
            disabled={!allowed(state.status, command)}
            onClick={() => send({ do: command })}
          >
            <span aria-hidden="true">{sign}</span> {label}
          </button>
        ))}
        <select
          aria-label="Speed"
          value={String(state.speed)}
          onChange={(event) => {
            const chosen = SPEEDS[event.currentTarget.selectedIndex];
            if (chosen) send({ speed: chosen[1] });
          }}
        >
          {SPEEDS.map(([label, value]) => (
            <option key={label} value={String(value)}>
              {label}
            </option>
          ))}
        </select>
        <Progress state={state} />
        <SeedField seed={state.seed} send={send} />
      </div>
      {stop !== null && <Tour stop={stop} place={place} go={go} />}
      {state.message && (
        <div class={`cd-message cd-${state.status === "failed" ? "failed" : "notice"}`} role="alert">
          <span>{state.message}</span>
          <button type="button" class="cd-plain" aria-label="Dismiss" onClick={() => send({ dismiss: true })}>
            ✕
          </button>
        </div>
      )}
    </div>
  );
}

function Progress({ state }: { state: HeaderState }) {
  const parts = [
    state.status,
    `step ${state.step}/${state.steps}`,
    `t ${state.t.toFixed(2)}`,
    state.rate ? `${state.rate.toFixed(state.rate < 10 ? 1 : 0)} steps/s` : "",
    state.device,
    state.held,
  ];
  return (
    <div class="cd-progress">
      <progress aria-label="Steps made" value={state.step} max={Math.max(state.steps, 1)} />
      <span class="cd-numbers" role="status">
        {parts.filter(Boolean).join(" · ")}
      </span>
    </div>
  );
}

function SeedField({ seed, send }: { seed: HeaderState["seed"]; send: (m: HeaderMessage) => void }) {
  return (
    <span class="cd-seed">
      <label>
        seed{" "}
        <input
          type="number"
          min={0}
          step={1}
          value={seed.value}
          onChange={(event) => {
            const value = event.currentTarget.valueAsNumber;
            if (Number.isInteger(value) && value >= 0) send({ seed: { value, locked: true } });
            else event.currentTarget.value = String(seed.value);
          }}
        />
      </label>
      <button
        type="button"
        class="cd-plain"
        aria-pressed={seed.locked}
        title={seed.locked ? "Restart repeats this seed" : "Restart draws a new seed"}
        aria-label="Lock the seed"
        onClick={() => send({ seed: { ...seed, locked: !seed.locked } })}
      >
        {seed.locked ? "locked" : "lock"}
      </button>
    </span>
  );
}

function Badge(props: { count: number | null; of: number; what: string; hint: string }) {
  const { count, of, what, hint } = props;
  if (count === null) return null;
  return (
    <span
      class={`cd-badge cd-numbers ${count ? "cd-bad" : "cd-good"}`}
      title={`${count} of ${of} ${hint}`}
    >
      {count ? "⚠" : "✓"} {what} {count}/{of}
    </span>
  );
}
