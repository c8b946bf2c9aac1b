/** The conformers as a table, and what one can take away: the bottom of the Explorer. */

import { part } from "../shared/part";
import { Ensemble } from "./ensemble";
import "./ensemble.css";
import type { EnsembleMessage, EnsembleState } from "./state";

export default part<EnsembleState, EnsembleMessage>(Ensemble, (model) => {
  const save = (message: { file?: string; text?: string }, buffers: DataView[]) => {
    if (message.text !== undefined) void navigator.clipboard?.writeText(message.text);
    if (message.file === undefined) return;
    const blob = new Blob(buffers as BlobPart[]);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = message.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  model.on("msg:custom", save);
  return () => model.off("msg:custom", save);
});
