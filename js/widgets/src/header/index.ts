/** Title, transport, progress and notices: the top of the Explorer. */

import { panel } from "../shared/panel";
import { Header } from "./header";
import "./header.css";
import { watchKeys } from "./keys";
import type { HeaderMessage, HeaderState } from "./state";

export default panel<HeaderState, HeaderMessage>(Header, {
  reportsLink: true,
  setUp(model, el) {
    const sendTheme = () => model.send({ dark: document.body.dataset.jpThemeLight === "false" });
    const themes = new MutationObserver(sendTheme);
    themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    sendTheme();
    let unwatchKeys: (() => void) | undefined;
    let fontSize = 0;
    // plotly fits its figure only when the window changes, and knows font sizes in pixels only
    let resizeTimer: number | undefined;
    const sizes = new ResizeObserver(() => {
      const root = el.closest<HTMLElement>(".confdiff-explorer");
      if (!root) return; // a panel is drawn before it is in its place
      if (!unwatchKeys) {
        sizes.observe(root);
        unwatchKeys = watchKeys(root, () => model.get("state").status, (command) => model.send({ transport: command }));
      }
      const now = Math.round(Number.parseFloat(getComputedStyle(root).fontSize));
      if (now && now !== fontSize) model.send({ font_size: now });
      fontSize = now;
      clearTimeout(resizeTimer);
      resizeTimer = window.setTimeout(() => window.dispatchEvent(new Event("resize")), 100);
    });
    sizes.observe(el);
    return () => {
      clearTimeout(resizeTimer);
      sizes.disconnect();
      themes.disconnect();
      unwatchKeys?.();
    };
  },
});
