import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Help } from "../shared/help";
import type { Link } from "../shared/kernel";
import type { PartProps } from "../shared/part";
import { type Command, type HeaderMessage, type HeaderState, why } from "./state";
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

const SEED =
  "The seed fixes all random numbers: the noise x₁ that a run starts from, and what a stochastic " +
  "solver adds on the way. The same settings and seed give the same conformers on the same device. " +
  "Unlocked, each new run draws another one.";
const BADGES =
  "Both are counted on the CA atoms of the predictions x̂₀: a clash is any two nearer than 3.0 Å, " +
  "broken is a chain with neighbours more than 4.2 Å apart. Early predictions have flaws that go as " +
  "t falls. What is left at t = 0 is not kept: the table counts it, and can leave it out.";
const LINKS: Record<Exclude<Link, "live">, string> = {
  gone: "The kernel is gone; run the cell again. What is on the screen is the last that it sent.",
  lost: "There is no connection to the kernel; waiting for it to come back.",
};

export function Header({ state, send, link = "live" }: PartProps<HeaderState, HeaderMessage>) {
  useEffect(() => {
    const frame = requestAnimationFrame(() => send({ painted: state.number }));
    return () => cancelAnimationFrame(frame);
  }, [state.number]);
  const running = state.status === "running";
  const dead = link !== "live";
  const main = running ? "pause" : "play";
  const reason = (command: Command) => (dead ? "the kernel is gone" : why(state.status, command));
  const [stop, go] = useState(state.tour ? 0 : null);
  const place = useRef<HTMLDivElement>(null);
  return (
    <div class="cd-header" ref={place}>
      <div class="cd-names">
        <strong>ConfDiff Explorer</strong>
        <span>{state.title}</span>
        <code>{state.sequence}</code>
        <span class="cd-quiet">{state.reference}</span>
        {state.restored && (
          <span class="cd-quiet cd-restored" title={state.restored}>
            restored from {state.restored.split(/[\\/]/).slice(-2).join("/")}
          </span>
        )}
        <span class="cd-right" />
        <Badge count={state.clashes} of={state.samples} what="clashes" hint="conformers with two CA atoms nearer than 3.0 Å" />
        <Badge count={state.broken} of={state.samples} what="broken" hint="conformers with neighbouring CA atoms more than 4.2 Å apart" />
        {state.broken !== null && <Help about="a clash, and what is broken">{BADGES}</Help>}
        <SelfCheck checks={state.checks} />
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
      <div class="cd-transport" inert={dead}>
        <Transport primary why={reason(main)} hint={running ? "Pause (space)" : "Run (space)"} press={() => send({ do: main })}>
          {running ? "❚❚ Pause" : "▶ Run"}
        </Transport>
        {BUTTONS.map(([command, sign, label, hint]) => (
          <Transport key={command} why={reason(command)} hint={hint} press={() => send({ do: command })}>
            <span aria-hidden="true">{sign}</span> {label}
          </Transport>
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
      {link !== "live" && (
        <div class="cd-message cd-failed" role="alert">
          {LINKS[link]}
        </div>
      )}
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

function SelfCheck({ checks }: { checks: HeaderState["checks"] }) {
  const bad = checks.filter(({ good }) => good === false).length;
  const sign = ({ good }: { good: boolean | null }) => (good ? "✓" : good === null ? "…" : "⚠");
  return (
    <span class={bad ? "cd-selfcheck cd-bad" : "cd-selfcheck cd-good"}>
      {bad ? `self-check ⚠ ${bad}` : "self-check ✓"}
      <Help about="the self-check">
        {`${checks.map((check) => `${sign(check)} ${check.text}`).join("\n")}\n\`confdiff doctor\` looks at the whole installation.`}
      </Help>
    </span>
  );
}

interface TransportProps {
  primary?: boolean;
  /** Why it cannot be pressed; empty when it can. */
  why: string;
  hint: string;
  press: () => void;
  children: ComponentChildren;
}

function Transport({ primary = false, why, hint, press, children }: TransportProps) {
  return (
    <button
      type="button"
      class={primary ? "cd-primary" : ""}
      disabled={Boolean(why)}
      title={why ? `${hint}: not now, ${why}` : hint}
      aria-description={why || undefined}
      onClick={press}
    >
      {children}
    </button>
  );
}

function Progress({ state }: { state: HeaderState }) {
  const parts = [
    `step ${state.step}/${state.steps}`,
    `t ${state.t.toFixed(2)}`,
    state.rate ? `${state.rate.toFixed(state.rate < 10 ? 1 : 0)} steps/s` : "",
    state.device,
    state.held,
  ];
  return (
    <div class="cd-progress">
      <progress aria-label="Steps made" value={state.step} max={Math.max(state.steps, 1)} />
      <span class="cd-numbers cd-progress-text">
        <span role="status">{state.status}</span>
        {parts.filter(Boolean).map((part) => ` · ${part}`).join("")}
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
      <Help about="the seed">{SEED}</Help>
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
