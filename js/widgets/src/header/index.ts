/** Title, transport and what is going on: the top of the Explorer. */

import { part } from "../shared/part";
import { Header } from "./header";
import "./header.css";
import { allowed, commandOf, type HeaderMessage, type HeaderState } from "./state";

export default part<HeaderState, HeaderMessage>(Header, (model, el) => {
  const root = el.closest<HTMLElement>(".confdiff-explorer") ?? el;
  root.tabIndex = 0;
  const pressed = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.closest("button, input, select, textarea, summary, [role=slider]")) return;
    const { status } = model.get("state");
    const command = commandOf(event.key, status);
    if (!command) return;
    event.preventDefault();
    event.stopPropagation();
    if (allowed(status, command)) model.send({ do: command });
  };
  root.addEventListener("keydown", pressed);
  const tell = () => model.send({ dark: document.body.dataset.jpThemeLight === "false" });
  const themes = new MutationObserver(tell);
  themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  tell();
  // plotly fits its figure to the window alone
  let settled: number | undefined;
  const sizes = new ResizeObserver(() => {
    clearTimeout(settled);
    settled = window.setTimeout(() => window.dispatchEvent(new Event("resize")), 100);
  });
  sizes.observe(root);
  return () => {
    sizes.disconnect();
    root.removeEventListener("keydown", pressed);
    themes.disconnect();
  };
});
