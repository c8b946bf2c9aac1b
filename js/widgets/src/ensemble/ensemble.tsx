import { useEffect, useRef, useState } from "preact/hooks";
import { Help } from "../shared/help";
import { useOptimistic } from "../shared/optimistic";
import type { PanelProps } from "../shared/panel";
import { describeValidity } from "../shared/state";
import { ManualCopy, useDownloads } from "./download";
import { describeOmitted, type EnsembleMessage, type EnsembleState, sorted } from "./state";
import { Table } from "./table";

const MAX_ROWS = 500; // a browser redraws more rows too slowly during a run
const TABLE =
  "Each row is a conformer, with the same number and colour in all views. The OpenMM energy (kcal/mol, after " +
  "restrained minimisation) and the learned energy (E_t of the guidance head, in kT) are different quantities. A " +
  "conformer is valid if no two CA atoms are closer than 3.0 Å, no backbone atoms (N, CA, C, O) of residues two or more apart closer than 2.5 Å, and no consecutive CA atoms are more than 4.2 Å apart. Invalid " +
  "conformers are marked and kept. Select with click, ctrl-click, or a lasso on the TIC plane.";

export function Ensemble({ state, send, listen }: PanelProps<EnsembleState, EnsembleMessage>) {
  const [open, setOpen] = useState(true);
  const [by, setBy] = useState({ key: "conformer", descending: false });
  const [copied, forgetCopied] = useDownloads(listen);
  const [hovered, setHovered] = useState<number | null>(null);
  useEffect(
    () =>
      listen?.(({ hovered }) => {
        if (hovered !== undefined) setHovered(hovered as number | null);
      }),
    [],
  );
  const clicked = useRef("");
  const [selection, setSelection] = useOptimistic(state.selected); // a second click adds to the first
  const selected = state.selected.join();
  useEffect(() => {
    if (selected && selected !== clicked.current) setOpen(true); // selected elsewhere: show the rows
  }, [selected]);
  const select = (conformers: number[]) => {
    clicked.current = conformers.join();
    setSelection(conformers);
    send({ select_conformers: conformers });
  };
  const listed = sorted(state.values[by.key] ?? [], by.descending).filter(
    (row) => !(state.only_valid && state.problems[row]),
  );
  const rows = listed.slice(0, MAX_ROWS);
  const count = (state.only_valid ? state.validity?.valid : state.validity?.count) ?? 0;
  const omitted = describeOmitted(rows.length, Math.min(state.problems.length, count), count);
  return (
    <details class="cd-ensemble" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <b>Ensemble</b> <span class="cd-quiet">{state.description}</span>{" "}
        {state.validity && <span class="cd-numbers">{describeValidity(state.validity)}</span>}
      </summary>
      <div class="cd-exports">
        <Help about="the table of conformers">{TABLE}</Help>
        {state.validity && (
          <label title="Leave invalid conformers out of the table and of exports">
            <input
              type="checkbox"
              checked={state.only_valid}
              onChange={(event) => send({ only_valid: event.currentTarget.checked })}
            />{" "}
            Only valid
          </label>
        )}
        <span class="cd-quiet cd-export-scope">{state.export_scope}</span>
        {state.exports.map(({ kind, label, hint, disabled_reason }) => (
          <button
            key={kind}
            type="button"
            disabled={Boolean(disabled_reason)}
            title={disabled_reason ? `${hint} (unavailable: ${disabled_reason})` : hint}
            aria-description={disabled_reason || undefined}
            onClick={() => {
              forgetCopied();
              send({ export: kind });
            }}
          >
            {label}
          </button>
        ))}
        <select
          aria-label="Saved runs"
          value=""
          onFocus={() => send({ list_runs: true })}
          onChange={(event) => {
            if (event.currentTarget.value) send({ open_run: event.currentTarget.value });
            event.currentTarget.value = "";
          }}
        >
          <option value="">Open saved run …</option>
          {state.saved_runs.map(({ folder, label, problem }) => (
            <option key={folder} value={folder} title={problem}>
              {label}
            </option>
          ))}
        </select>
        <span class="cd-quiet" role="status">
          {copied?.done ? "The code is on the clipboard." : state.export_message}
        </span>
        {state.selected.length > 0 && (
          <button type="button" class="cd-plain" onClick={() => select([])}>
            {state.selected.length} selected
            {state.selected.length > state.max_drawn && `, ${state.max_drawn} drawn`} ✕
          </button>
        )}
      </div>
      {copied && !copied.done && <ManualCopy text={copied.text} close={forgetCopied} />}
      {omitted && <p class="cd-quiet cd-omitted">{omitted}</p>}
      {open && rows.length > 0 && (
        <Table
          state={state}
          selected={selection}
          rows={rows}
          by={by}
          sort={(key) => setBy({ key, descending: by.key === key && !by.descending })}
          hovered={hovered}
          hover={(conformer) => send({ hover: conformer })}
          select={select}
        />
      )}
    </details>
  );
}
