import { useState } from "preact/hooks";
import type { PartProps } from "../shared/part";
import { chosen, type EnsembleMessage, type EnsembleState, sorted } from "./state";

const MOST_ROWS = 500;

export function Ensemble({ state, send }: PartProps<EnsembleState, EnsembleMessage>) {
  const [by, setBy] = useState({ key: "conformer", descending: false });
  const rows = sorted(state.values[by.key] ?? [], by.descending).slice(0, MOST_ROWS);
  return (
    <details class="cd-ensemble" open>
      <summary>
        <b>Ensemble</b> <span class="cd-quiet">{state.of}</span>
      </summary>
      <div class="cd-exports">
        {state.exports.map(({ kind, label, hint }) => (
          <button key={kind} type="button" title={hint} onClick={() => send({ export: kind })}>
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
          {state.told}
        </span>
        {state.selected.length > 0 && (
          <button type="button" class="cd-plain" onClick={() => send({ choose: [] })}>
            {state.selected.length} selected ✕
          </button>
        )}
      </div>
      {rows.length > 0 && (
        <div class="cd-scroll" tabIndex={0} role="region" aria-label="Conformers">
          <table class="cd-numbers">
            <thead>
              <tr>
                {state.columns.map(({ key, label, unit, hint }) => (
                  <th key={key} title={hint} aria-sort={by.key !== key ? "none" : by.descending ? "descending" : "ascending"}>
                    <button
                      type="button"
                      class="cd-plain"
                      onClick={() => setBy({ key, descending: by.key === key && !by.descending })}
                    >
                      {label}
                      {unit && <span class="cd-quiet"> ({unit})</span>}
                      {by.key === key ? (by.descending ? " ↓" : " ↑") : ""}
                    </button>
                  </th>
                ))}
                <th>state</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr
                  key={row}
                  tabIndex={0}
                  aria-selected={state.selected.includes(row)}
                  onClick={(event) => send({ choose: chosen(state.selected, row, event.ctrlKey || event.shiftKey || event.metaKey) })}
                  onKeyDown={(event) => {
                    if (event.key !== "Enter") return;
                    send({ choose: chosen(state.selected, row, event.ctrlKey || event.shiftKey) });
                  }}
                >
                  {state.columns.map(({ key, digits }, place) => (
                    <td key={key}>
                      {place === 0 && <span class="cd-dot" style={{ background: state.colors[row] }} />}
                      {state.values[key]?.[row]?.toFixed(digits) ?? "–"}
                    </td>
                  ))}
                  <td class={state.flaws[row] ? "cd-flaw" : "cd-quiet"}>{state.flaws[row] || "sound"}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
