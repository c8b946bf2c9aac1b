import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

interface Stop {
  /** Selector of the highlighted element inside the Explorer. */
  at: string;
  title: string;
  text: string;
}

export const STOPS: Stop[] = [
  {
    at: ".cd-transport",
    title: "Run",
    text:
      "Press ▶ Run (or the space bar). Each run starts from a batch of noisy chains, and each step removes some noise. " +
      "→ makes a single step; the speed menu slows the run down.",
  },
  {
    at: ".confdiff-main > :nth-child(2)",
    title: "Structures",
    text:
      "x̂₀ is the structure that the network predicts from the noise; xₜ is the noisy state itself. The folded " +
      "structure is shown in grey. Drag to rotate, scroll to zoom, click a chain to show it alone.",
  },
  {
    at: ".cd-parameter:nth-of-type(1)",
    title: "Sequence guidance (γ)",
    text:
      "γ is the classifier-free guidance scale. Change it during a run: at γ = 1 sampling is conditioned on the " +
      "sequence, at γ = 0 it depends on the chain length only. The change takes effect at the next step and is marked by a flag on the timeline.",
  },
  {
    at: ".cd-parameter:nth-of-type(2)",
    title: "Physical guidance (η)",
    text:
      "With force or energy guidance, η guides the chains towards low energies, using a network trained on " +
      "OpenMM energies. Strong guidance reduces diversity; see the bottom plot.",
  },
  {
    at: ".confdiff-main > :nth-child(3)",
    title: "Plots",
    text:
      "The map is the free energy of molecular dynamics; each point is a conformer of the batch. Click a point to " +
      "show its structure; draw around several to overlay them. OpenMM energies are shown below.",
  },
  {
    at: ".cd-timeline",
    title: "Timeline",
    text:
      "Drag the slider back to any step. “Branch here” keeps the steps up to the one shown and samples " +
      "the rest again with the current γ and η; ⇄ shows two branches side by side.",
  },
  {
    at: ".cd-ensemble",
    title: "Results",
    text:
      "Every run is saved step by step. The table lists the conformers. Export them as structures, as a page that " +
      "needs no Python, or as code that repeats the run.",
  },
];

interface Props {
  stop: number;
  root: RefObject<HTMLElement | null>;
  setStop: (stop: number | null) => void;
}

/** One stop of the guided tour, with its element highlighted. */
export function Tour({ stop, root, setStop }: Props) {
  const { at, title, text } = STOPS[stop];
  useEffect(() => {
    const target = root.current?.closest(".confdiff-explorer")?.querySelector(at);
    target?.classList.add("cd-highlighted");
    return () => target?.classList.remove("cd-highlighted");
  }, [at]);
  const last = stop === STOPS.length - 1;
  return (
    <div class="cd-tour" role="note" aria-label="Guided tour">
      <b>
        {stop + 1}/{STOPS.length} {title}
      </b>
      <span aria-live="polite">{text}</span>
      <span class="cd-tour-buttons">
        <button type="button" disabled={stop === 0} onClick={() => setStop(stop - 1)}>
          Back
        </button>
        <button type="button" class="cd-primary" onClick={() => setStop(last ? null : stop + 1)}>
          {last ? "Done" : "Next"}
        </button>
        <button type="button" class="cd-plain" aria-label="End the tour" onClick={() => setStop(null)}>
          ✕
        </button>
      </span>
    </div>
  );
}
