import { useEffect, useRef } from "preact/hooks";
import { type EnsembleState, selectionAfter } from "./state";

interface Props {
  state: EnsembleState;
  selected: number[];
  /** Conformers in the order of the rows. */
  rows: number[];
  by: { key: string; descending: boolean };
  sort: (key: string) => void;
  /** The conformer under the mouse, here or in another view. */
  hovered: number | null;
  hover: (conformer: number | null) => void;
  select: (conformers: number[]) => void;
}

/** The rows of the table; a selected row is scrolled into view. */
export function Table({ state, selected, rows, by, sort, hovered, hover, select }: Props) {
  const scroll = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const first = scroll.current?.querySelector<HTMLElement>('tr[aria-selected="true"]');
    if (first && scroll.current) scrollIntoBox(first, scroll.current);
  }, [selected.join()]);
  return (
    <div ref={scroll} class="cd-scroll" tabIndex={0} role="region" aria-label="Conformers">
      <table class="cd-numbers" role="grid" aria-multiselectable="true" onPointerLeave={() => hover(null)}>
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
            <th title="Valid: no CA atoms closer than 3.0 Å, no backbone atoms of residues two or more apart closer than 2.5 Å, no consecutive CA atoms more than 4.2 Å apart">Validity</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={row}
              tabIndex={0}
              class={row === hovered ? "cd-hovered" : ""}
              aria-selected={selected.includes(row)}
              onPointerEnter={() => hover(row)}
              onClick={(event) => select(selectionAfter(selected, row, event.ctrlKey || event.shiftKey || event.metaKey))}
              onKeyDown={(event) => {
                if (event.key !== "Enter") return;
                select(selectionAfter(selected, row, event.ctrlKey || event.shiftKey || event.metaKey));
              }}
            >
              {state.columns.map(({ key, digits }, index) => (
                <td key={key}>
                  {index === 0 && <span class="cd-dot" style={{ background: state.colors[row] }} />}
                  {state.values[key]?.[row]?.toFixed(digits) ?? "–"}
                </td>
              ))}
              <td class={state.problems[row] ? "cd-problem" : "cd-quiet"}>{state.problems[row] || "valid"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Scroll a row into view inside its box; the page does not scroll. */
function scrollIntoBox(row: HTMLElement, box: HTMLElement): void {
  const head = box.querySelector("thead")?.offsetHeight ?? 0;
  const top = row.offsetTop - head;
  if (top < box.scrollTop || row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight) {
    box.scrollTop = top;
  }
}
