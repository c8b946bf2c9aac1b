import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Help } from "../shared/help";
import { NumberInput } from "../shared/number-input";
import type { Link } from "../shared/kernel";
import type { PanelProps } from "../shared/panel";
import { describeValidity, type Validity } from "../shared/state";
import { type Check, type Command, disabledReason, type HeaderMessage, type HeaderState } from "./state";
import { Tour } from "./tour";

const BUTTONS: [Command, string, string, string][] = [
  ["step", "▷❙", "Step", "Make one step (→)"],
  ["stop", "■", "Stop", "End the run here and keep its steps"],
  ["reset", "↺", "Reset", "Return to the start, with the same noise; the run is kept"],
  ["restart", "⟳", "Restart", "Start a new run with the current settings, and a new seed unless it is locked"],
];
const SPEEDS: [string, number | null][] = [
  ["Full speed", null],
  ["10 steps/s", 10],
  ["4 steps/s", 4],
  ["1 step/s", 1],
];

const SEED =
  "The seed fixes all random numbers: the noise x₁ that a run starts from, and the noise that a stochastic " +
  "solver adds. The same settings and seed give the same conformers on the same device. Unless it is locked, " +
  "each new run draws a new seed.";
const VALIDITY =
  "Validity is checked on the backbones of the predictions x̂₀. A clash is a pair of CA atoms closer than 3.0 Å, or of " +
  "N, CA, C or O atoms closer than 2.5 Å in residues two or more apart; a " +
  "broken bond is a pair of consecutive CA atoms more than 4.2 Å apart. Early predictions are often invalid. Conformers that " +
  "are still invalid at t = 0 are marked, shown and saved; “only valid” leaves them out of the table and of exports.";
const LINKS: Record<Exclude<Link, "live">, string> = {
  gone: "The kernel has stopped. Run the cell again; the last state is still shown.",
  lost: "Connection to the kernel lost. Reconnecting …",
};

export function Header({ state, send, link = "live" }: PanelProps<HeaderState, HeaderMessage>) {
  useEffect(() => {
    const frame = requestAnimationFrame(() => send({ painted: state.number }));
    return () => cancelAnimationFrame(frame);
  }, [state.number]);
  const running = state.status === "running";
  const offline = link !== "live";
  const main = running ? "pause" : "play";
  const reason = (command: Command) => (offline ? "the kernel is not connected" : disabledReason(state.status, command));
  const [stop, setStop] = useState(state.tour ? 0 : null);
  const root = useRef<HTMLDivElement>(null);
  return (
    <div class="cd-header" ref={root}>
      <div class="cd-names">
        <strong>ConfDiff Explorer</strong>
        <span>{state.title}</span>
        <code title={state.sequence}>{state.sequence}</code>
        <span class="cd-quiet">{state.guidance}</span>
        {state.restored && (
          <span class="cd-quiet cd-restored" title={state.restored}>
            Restored from {state.restored.split(/[\\/]/).slice(-2).join("/")}
          </span>
        )}
        <span class="cd-right" />
        <span class="cd-quiet">{[state.fixed, state.device].filter(Boolean).join(" · ")}</span>
        <ValidityBadge validity={state.validity} />
        <SelfCheck checks={state.checks} />
        <button type="button" class="cd-plain" title="Guided tour in seven steps" onClick={() => setStop(0)}>
          Tour
        </button>
        <button
          type="button"
          class="cd-plain cd-open-tab"
          title="Open in a tab of JupyterLab"
          onClick={({ currentTarget }) => currentTarget.dispatchEvent(new Event("confdiff:open-tab", { bubbles: true }))}
        >
          Tab
        </button>
        <button
          type="button"
          class="cd-plain"
          title="Full screen"
          aria-label="Full screen"
          onClick={(event) => {
            const explorer = event.currentTarget.closest(".confdiff-explorer");
            void (document.fullscreenElement ? document.exitFullscreen() : explorer?.requestFullscreen());
          }}
        >
          ⤢
        </button>
        <span class={state.saved ? "cd-quiet" : "cd-reserved"} title={`Each step is saved in ${state.saved}`}>
          Saved
        </span>
      </div>
      <div class="cd-transport" inert={offline}>
        <TransportButton primary disabledReason={reason(main)} hint={running ? "Pause (space)" : "Run (space)"} press={() => send({ transport: main })}>
          {running ? "❚❚ Pause" : "▶ Run"}
        </TransportButton>
        {BUTTONS.map(([command, sign, label, hint]) => (
          <TransportButton
            key={command}
            signOnly
            disabledReason={reason(command)}
            hint={hint}
            press={() => send({ transport: command })}
          >
            <span aria-hidden="true">{sign}</span> <span>{label}</span>
          </TransportButton>
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
      {stop !== null && <Tour stop={stop} root={root} setStop={setStop} />}
      <div class="cd-messages">
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
    </div>
  );
}

function SelfCheck({ checks }: { checks: Check[] }) {
  const failed = checks.filter(({ passed }) => passed === false).length;
  const sign = ({ passed }: Check) => (passed ? "✓" : passed === null ? "…" : "⚠");
  return (
    <span class={failed ? "cd-selfcheck cd-bad" : "cd-selfcheck cd-good"}>
      {failed ? `Self-check ⚠ ${failed}` : "Self-check ✓"}
      <Help about="the self-check">
        {`${checks.map((check) => `${sign(check)} ${check.text}`).join("\n")}\n\`confdiff doctor\` checks the whole installation.`}
      </Help>
    </span>
  );
}

interface TransportButtonProps {
  primary?: boolean;
  /** Show only the sign where there is little space. */
  signOnly?: boolean;
  /** Why it cannot be pressed; empty if it can. */
  disabledReason: string;
  hint: string;
  press: () => void;
  children: ComponentChildren;
}

function TransportButton({ primary = false, signOnly = false, disabledReason, hint, press, children }: TransportButtonProps) {
  return (
    <button
      type="button"
      class={primary ? "cd-primary" : signOnly ? "cd-sign-only" : ""}
      disabled={Boolean(disabledReason)}
      title={disabledReason ? `${hint} (unavailable: ${disabledReason})` : hint}
      aria-description={disabledReason || undefined}
      onClick={press}
    >
      {children}
    </button>
  );
}

/** Statuses in which the speed is shown. */
const ACTIVE = new Set(["running", "paused"]);

function Progress({ state }: { state: HeaderState }) {
  const parts = [
    `step ${state.step}/${state.steps}`,
    `t ${state.t.toFixed(2)}`,
    state.rate && ACTIVE.has(state.status) ? `${state.rate.toFixed(state.rate < 10 ? 1 : 0)} steps/s` : "",
  ].filter(Boolean);
  return (
    <div class="cd-progress">
      <progress aria-label="Completed steps" value={state.step} max={Math.max(state.steps, 1)} />
      <span class="cd-numbers cd-progress-text" title={parts.join(" · ")}>
        <span role="status">{state.status}</span>
        {parts.map((part) => ` · ${part}`).join("")}
      </span>
    </div>
  );
}

function SeedField({ seed, send }: { seed: HeaderState["seed"]; send: (m: HeaderMessage) => void }) {
  return (
    <span class="cd-seed">
      <label>
        Seed{" "}
        <NumberInput value={seed.value} limits={[0, Number.MAX_SAFE_INTEGER]} whole set={(value) => send({ seed: { value, locked: true } })} />
      </label>
      <button
        type="button"
        class="cd-plain"
        aria-pressed={seed.locked}
        title={seed.locked ? "Restart uses this seed again" : "Restart draws a new seed"}
        aria-label="Lock seed"
        onClick={() => send({ seed: { ...seed, locked: !seed.locked } })}
      >
        {seed.locked ? "Locked" : "Lock"}
      </button>
      <Help about="the seed">{SEED}</Help>
    </span>
  );
}

/** Hidden before the first frame, so that nothing moves when it appears. */
function ValidityBadge({ validity }: { validity: Validity | null }) {
  if (!validity) return <span class="cd-badge cd-reserved">16/16 valid ?</span>;
  const text = describeValidity(validity);
  const invalid = validity.valid < validity.count;
  return (
    <span class={`cd-badge cd-numbers ${invalid ? "cd-bad" : "cd-good"}`} title={invalid ? `${text}; still shown and saved` : text}>
      {invalid ? `⚠ ${validity.count - validity.valid}/${validity.count} invalid` : `✓ ${text}`}
      <Help about="validity">{invalid ? `${text}; still shown and saved.\n${VALIDITY}` : VALIDITY}</Help>
    </span>
  );
}
