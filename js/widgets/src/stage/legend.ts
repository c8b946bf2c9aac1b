import type { Legend } from "./traits";

const FONT = "font:calc(var(--cd-font, 13px) - 1px)/1.4 var(--jp-ui-font-family, sans-serif)";

/** Return the element of a title in the upper left corner. */
export function createTitle(): HTMLElement {
  const title = document.createElement("div");
  title.className = "confdiff-view-title";
  title.style.cssText = `position:absolute; left:12px; top:8px; pointer-events:none; font-weight:600; ${FONT}`;
  return title;
}

/** The legend of the colours and of the arrows, in the lower left corner. */
export class LegendBox {
  readonly el = document.createElement("div");
  private current = "null";

  constructor() {
    this.el.className = "confdiff-legend";
    this.el.style.cssText = `position:absolute; left:12px; bottom:8px; pointer-events:none; ${FONT}`;
  }

  /** Show a legend, and what the length of an arrow stands for; "" if there are no arrows. */
  show(legend: Legend | null, arrows = ""): void {
    const text = JSON.stringify([legend, arrows]);
    if (text === this.current) return;
    this.current = text;
    this.el.replaceChildren();
    if (arrows) this.add("div", "", `→ ${arrows}`);
    if (!legend) return;
    if (legend.title) this.add("div", "", legend.title);
    if (legend.separate) this.addDots(legend);
    else if (legend.labels.length) this.addGradient(legend);
  }

  private addDots({ labels, colors }: Legend): void {
    labels.forEach((label, i) => {
      const dot = `width:0.8em; height:0.8em; border-radius:50%; background:${colors[i]}`;
      this.add("span", `display:inline-block; margin-right:5px; ${dot}`);
      this.add("span", "margin-right:12px", label);
    });
  }

  private addGradient({ labels: [low, high], colors }: Legend): void {
    const gradient = `background:linear-gradient(to right, ${colors.join(", ")})`;
    const bar = "width:9em; height:0.7em; border-radius:4px; vertical-align:middle";
    this.add("span", "", low);
    this.add("span", `display:inline-block; margin:0 7px; ${bar}; ${gradient}`);
    this.add("span", "", high);
  }

  private add(tag: string, style: string, text = ""): void {
    const part = this.el.appendChild(document.createElement(tag));
    part.style.cssText = style;
    part.textContent = text;
  }
}
