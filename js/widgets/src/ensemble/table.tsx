import { useEffect, useRef } from "preact/hooks";
import { chosen, type EnsembleState } from "./state";

interface Props {
  state: EnsembleState;
  selected: number[];
  /** Conformers in their order. */
  rows: number[];
  by: { key: string; descending: boolean };
  sort: (key: string) => void;
  /** The conformer that the mouse is at, be it elsewhere. */
  pointed: number | null;
  point: (conformer: number | null) => void;
  choose: (conformers: number[]) => void;
}

/** Conformers with their numbers; what is selected elsewhere is scrolled to. */
export function Table({ state, selected, rows, by, sort, pointed, point, choose }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = scroll.current?.querySelector<HTMLElement>('tr[aria-selected="true"]');
    if (first && scroll.current) bring(first, scroll.current);
  }, [selected.join()]);
  return (
    <div ref={scroll} class="cd-scroll" tabIndex={0} role="region" aria-label="Conformers">
      <table class="cd-numbers" role="grid" aria-multiselectable="true" onPointerLeave={() => point(null)}>
        <thead>
          <tr>
            {state.columns.map(({ key, label, unit, hint }) => (
              <th key={key} title={hint} aria-sort={by.key !== key ? "none" : by.descending ? "descending" : "ascending"}>
                <button type="button" class="cd-plain" onClick={() => sort(key)}>
                  {label}
                  {unit && <span class="cd-quiet"> ({unit})</span>}
                  {by.key === key ? (by.descending ? " ↓" : " ↑") : ""}
                </button>
              </th>
            ))}
            <th title="sound: no CA atoms nearer than 3.0 Å, no neighbours farther apart than 4.2 Å">state</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={row}
              tabIndex={0}
              class={row === pointed ? "cd-lit" : ""}
              aria-selected={selected.includes(row)}
              onPointerEnter={() => point(row)}
              onClick={(event) => choose(chosen(selected, row, event.ctrlKey || event.shiftKey || event.metaKey))}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                choose(chosen(selected, row, event.ctrlKey || event.shiftKey || event.metaKey));
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
  );
}

/** Scroll a row into sight inside its box alone: the page stays where it is. */
function bring(row: HTMLElement, box: HTMLElement): void {
  const head = box.querySelector("thead")?.offsetHeight ?? 0;
  const top = row.offsetTop - head;
  if (top < box.scrollTop || row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight) {
    box.scrollTop = top;
  }
}
