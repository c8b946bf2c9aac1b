/** Title, transport and what is going on: the top of the Explorer. */

import { part } from "../shared/part";
import { Header } from "./header";
import "./header.css";
import { watchKeys } from "./keys";
import type { HeaderMessage, HeaderState } from "./state";

export default part<HeaderState, HeaderMessage>(Header, {
  says: true,
  extra(model, el) {
    const tell = () => model.send({ dark: document.body.dataset.jpThemeLight === "false" });
    const themes = new MutationObserver(tell);
    themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    tell();
    let forget: (() => void) | undefined;
    let type = 0;
    // plotly fits its figure to the window alone, and knows no type but in pixels
    let settled: number | undefined;
    const sizes = new ResizeObserver(() => {
      const root = el.closest<HTMLElement>(".confdiff-explorer");
      if (!root) return; // a part is drawn before it is put in its place
      if (!forget) {
        sizes.observe(root);
        forget = watchKeys(root, () => model.get("state").status, (command) => model.send({ do: command }));
      }
      const now = Math.round(Number.parseFloat(getComputedStyle(root).fontSize));
      if (now && now !== type) model.send({ type: now });
      type = now;
      clearTimeout(settled);
      settled = window.setTimeout(() => window.dispatchEvent(new Event("resize")), 100);
    });
    sizes.observe(el);
    return () => {
      clearTimeout(settled);
      sizes.disconnect();
      themes.disconnect();
      forget?.();
    };
  },
});
