// Build one anywidget module from each folder of widgets/src with an index.ts:
// confdiff_widgets/widgets/static/NAME.js, and NAME.css if it imports styles. Then write the licences of all
// third-party code; the JupyterLab extension must have been built before.

import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { writeNotices } from "./notices.mjs";

const sources = path.join(import.meta.dirname, "widgets/src");
const outdir = path.join(import.meta.dirname, "../confdiff_widgets/widgets/static");

const entry = (name) => path.join(sources, name, "index.ts");
const names = readdirSync(sources).filter((name) => existsSync(entry(name)));

const { metafile } = await build({
  entryPoints: Object.fromEntries(names.map((name) => [name, entry(name)])),
  outdir,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "info",
});

const built = Object.keys(metafile.outputs).map((file) => path.basename(file));
for (const file of readdirSync(outdir)) {
  if (!built.includes(file)) rmSync(path.join(outdir, file));
}
writeNotices(metafile);
