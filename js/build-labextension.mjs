// labextension/src -> lib/index.js (esbuild) -> confdiff_widgets/labextension, a prebuilt extension.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";

const folder = path.join(import.meta.dirname, "labextension");
const require = createRequire(import.meta.url);

await build({
  absWorkingDir: folder,
  entryPoints: ["./src/index.ts"],
  outfile: "lib/index.js",
  bundle: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  loader: { ".svg": "text" },
  logLevel: "warning",
});

// The builder takes the versions of JupyterLab's packages that will do from JupyterLab's core, which
// admits none older than itself. Those of package.json will do, so that one build serves them all.
const core = require("@jupyterlab/core-meta/core.package.json");
const { dependencies } = require("./labextension/package.json");
const corePath = mkdtempSync(path.join(tmpdir(), "jupyterlab-core-"));
try {
  const resolutions = { ...core.resolutions, ...dependencies };
  writeFileSync(path.join(corePath, "package.json"), JSON.stringify({ ...core, resolutions }));
  const builder = require.resolve("@jupyterlab/builder/lib/build-labextension.js");
  const call = [builder, "--core-path", corePath, "."];
  execFileSync(process.execPath, call, { cwd: folder, stdio: "inherit" });
} finally {
  rmSync(corePath, { recursive: true });
}
