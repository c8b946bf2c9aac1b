/** plotly's widget module, received from the kernel once per page. */

import type { AnyModel } from "@anywidget/types";

const ATTEMPTS = 4;
const PATIENCE = 15_000; // ms

export interface PlotlyWidget {
  initialize(context: object): void;
  render(context: object): () => void;
}

export type PlotlyModule = { default: () => PlotlyWidget };

type Page = typeof globalThis & { confdiffPlotly?: Map<string, Promise<PlotlyModule>> };

/** Return the module of this version; asks the kernel again if it does not answer. */
export function receivePlotly(model: AnyModel<{ _plotly: string }>): Promise<PlotlyModule> {
  const loaded = ((globalThis as Page).confdiffPlotly ??= new Map());
  const version = model.get("_plotly");
  let module = loaded.get(version);
  if (!module) {
    module = request(model).then(load);
    loaded.set(version, module);
    module.catch(() => loaded.delete(version));
  }
  return module;
}

function request(model: AnyModel<{ _plotly: string }>): Promise<DataView> {
  return new Promise((resolve, reject) => {
    let attempt = 0;
    let timer: ReturnType<typeof setTimeout>;
    const stop = () => {
      clearTimeout(timer);
      model.off("msg:custom", receive);
    };
    const receive = (message: { plotly?: string }, buffers: DataView[]) => {
      if (!message.plotly || !buffers[0]) return;
      stop();
      resolve(buffers[0]);
    };
    const ask = () => {
      if (attempt === ATTEMPTS) {
        stop();
        reject(new Error("the kernel does not answer."));
        return;
      }
      attempt += 1;
      model.send({ send: "plotly" });
      timer = setTimeout(ask, PATIENCE);
    };
    model.on("msg:custom", receive);
    ask();
  });
}

async function load(zipped: DataView): Promise<PlotlyModule> {
  const stream = new Blob([zipped as DataView<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  const text = await new Response(stream).text();
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(/* webpackIgnore: true */ url)) as PlotlyModule;
  } finally {
    URL.revokeObjectURL(url);
  }
}
