import { useEffect, useRef, useState } from "preact/hooks";
import { useHeld } from "../shared/held";
import { Help } from "../shared/help";
import type { PartProps } from "../shared/part";
import { type EnsembleMessage, type EnsembleState, keptOf, leftOut, sorted } from "./state";
import { Table } from "./table";
import { ByHand, useTaken } from "./take";

const MOST_ROWS = 500; // that a browser redraws without effort while a run goes on
const TABLE =
  "A row is a conformer, with the same number and colour everywhere. OpenMM's energy (kcal/mol, " +
  "after restrained minimisation) and the learned one (E_t in kT, the guidance head's) are different " +
  "quantities. A conformer is kept (sound) if no two CA atoms are nearer than 3.0 Å and no " +
  "neighbours farther apart than 4.2 Å; click, ctrl-click or a lasso on the TIC plane select.";

export function Ensemble({ state, send, listen }: PartProps<EnsembleState, EnsembleMessage>) {
  const [open, setOpen] = useState(true);
  const [by, setBy] = useState({ key: "conformer", descending: false });
  const [copied, forget] = useTaken(listen);
  const [pointed, point] = useState<number | null>(null);
  useEffect(
    () =>
      listen?.(({ pointed }) => {
        if (pointed !== undefined) point(pointed as number | null);
      }),
    [],
  );
  const clicked = useRef("");
  const [held, hold] = useHeld(state.selected); // a second click must know of the first
  const selected = state.selected.join();
  useEffect(() => {
    if (selected && selected !== clicked.current) setOpen(true); // chosen elsewhere: show the rows
  }, [selected]);
  const choose = (conformers: number[]) => {
    clicked.current = conformers.join();
    hold(conformers);
    send({ choose: conformers });
  };
  const wanted = sorted(state.values[by.key] ?? [], by.descending).filter(
    (row) => !(state.only_sound && state.flaws[row]),
  );
  const rows = wanted.slice(0, MOST_ROWS);
  const most = state.only_sound && state.kept ? state.kept.sound : state.count;
  const beyond = leftOut(rows.length, Math.min(state.flaws.length, most), most);
  return (
    <details class="cd-ensemble" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <b>Ensemble</b> <span class="cd-quiet">{state.of}</span>{" "}
        <span class="cd-numbers cd-kept">{keptOf(state)}</span>
      </summary>
      <div class="cd-exports">
        <Help about="the table of conformers">{TABLE}</Help>
        {state.kept && (
          <label title="Leave conformers that clash or are broken out of the table and of files">
            <input
              type="checkbox"
              checked={state.only_sound}
              onChange={(event) => send({ only_sound: event.currentTarget.checked })}
            />{" "}
            only sound
          </label>
        )}
        <span class="cd-quiet cd-takes">{state.takes}</span>
        {state.exports.map(({ kind, label, hint, why }) => (
          <button
            key={kind}
            type="button"
            disabled={Boolean(why)}
            title={why ? `${hint}: not now, ${why}` : hint}
            aria-description={why || undefined}
            onClick={() => {
              forget();
              send({ export: kind });
            }}
          >
            {label}
          </button>
        ))}
        <select
          aria-label="Saved runs"
          value=""
          onFocus={() => send({ list: true })}
          onChange={(event) => {
            if (event.currentTarget.value) send({ open: event.currentTarget.value });
            event.currentTarget.value = "";
          }}
        >
          <option value="">Open a saved run …</option>
          {state.runs.map(({ folder, label }) => (
            <option key={folder} value={folder}>
              {label}
            </option>
          ))}
        </select>
        <span class="cd-quiet" role="status">
          {copied?.done ? "The code is on the clipboard." : state.told}
        </span>
        {state.selected.length > 0 && (
          <button type="button" class="cd-plain" onClick={() => choose([])}>
            {state.selected.length} selected
            {state.selected.length > state.drawn && `, ${state.drawn} are drawn`} ✕
          </button>
        )}
      </div>
      {copied && !copied.done && <ByHand text={copied.text} close={forget} />}
      {beyond && <p class="cd-quiet cd-beyond">{beyond}</p>}
      {open && rows.length > 0 && (
        <Table
          state={state}
          selected={held}
          rows={rows}
          by={by}
          sort={(key) => setBy({ key, descending: by.key === key && !by.descending })}
          pointed={pointed}
          point={(hover) => send({ hover })}
          choose={choose}
        />
      )}
    </details>
  );
}
