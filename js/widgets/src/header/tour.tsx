import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

interface Stop {
  /** What is pointed at, inside the Explorer. */
  at: string;
  title: string;
  text: string;
}

export const STOPS: Stop[] = [
  {
    at: ".cd-transport",
    title: "Run",
    text:
      "Press ▶ Run (or the space bar). A batch of chains starts as noise, and each step takes a little " +
      "of it away. → makes a single step; the speed slows the film down.",
  },
  {
    at: ".confdiff-main > :nth-child(2)",
    title: "The structures",
    text:
      "You see x̂₀, the network's prediction of the structures behind the noise; xₜ is the noise itself. " +
      "The grey ghost is the folded protein. Drag to turn, scroll to zoom, click a chain to see it alone.",
  },
  {
    at: ".cd-knob:nth-of-type(1)",
    title: "γ, the sequence",
    text:
      "Move γ during a run: at 1 the sequence decides, at 0 any chain of this length will do. The very " +
      "next step obeys, and a flag on the timeline says when you turned it.",
  },
  {
    at: ".cd-knob:nth-of-type(2)",
    title: "η, the physics",
    text:
      "With force or energy guidance, η pulls towards low energies, as a network learned them from " +
      "OpenMM. Too much pull costs diversity: watch the lowest plot.",
  },
  {
    at: ".confdiff-main > :nth-child(3)",
    title: "What the physics says",
    text:
      "The map is the free energy of real molecular dynamics; each point is a conformer of your batch. " +
      "Click a point to see its structure, draw around several to overlay them. Below: OpenMM's energies.",
  },
  {
    at: ".cd-timeline",
    title: "The film",
    text:
      "Scrub back to any step. “Branch here” keeps the past and samples another future with the knobs " +
      "as they stand; ⇄ lays two branches side by side.",
  },
  {
    at: ".cd-ensemble",
    title: "Take it away",
    text:
      "Every run is saved as it goes. Here are the conformers with their numbers, files for other " +
      "programs, a page that works without Python, and the code that makes this run again.",
  },
];

interface Props {
  stop: number;
  place: RefObject<HTMLElement | null>;
  go: (stop: number | null) => void;
}

/** One stop of the guided tour: says what is pointed at. */
export function Tour({ stop, place, go }: Props) {
  const { at, title, text } = STOPS[stop];
  useEffect(() => {
    const target = place.current?.closest(".confdiff-explorer")?.querySelector(at);
    target?.classList.add("cd-pointed");
    return () => target?.classList.remove("cd-pointed");
  }, [at]);
  const last = stop === STOPS.length - 1;
  return (
    <div class="cd-tour" role="note" aria-label="Guided tour">
      <b>
        {stop + 1}/{STOPS.length} {title}
      </b>
      <span aria-live="polite">{text}</span>
      <span class="cd-tour-buttons">
        <button type="button" disabled={stop === 0} onClick={() => go(stop - 1)}>
          Back
        </button>
        <button type="button" class="cd-primary" onClick={() => go(last ? null : stop + 1)}>
          {last ? "Done" : "Next"}
        </button>
        <button type="button" class="cd-plain" aria-label="End the tour" onClick={() => go(null)}>
          ✕
        </button>
      </span>
    </div>
  );
}
