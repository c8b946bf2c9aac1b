// Build the JupyterLab extension: labextension/src -> lib/index.js (esbuild) -> confdiff_widgets/labextension.

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

// The builder accepts versions of JupyterLab's packages from its own core version onwards. Accept those
// of package.json instead, so that one build works with all of them.
const core = require("@jupyterlab/core-meta/core.package.json");
const { dependencies } = require("./labextension/package.json");
const corePath = mkdtempSync(path.join(tmpdir(), "jupyterlab-core-"));
try {
  const resolutions = { ...core.resolutions, ...dependencies };
  writeFileSync(path.join(corePath, "package.json"), JSON.stringify({ ...core, resolutions }));
  const builder = require.resolve("@jupyterlab/builder/lib/build-labextension.js");
  const args = [builder, "--core-path", corePath, "."];
  execFileSync(process.execPath, args, { cwd: folder, stdio: "inherit" });
} finally {
  rmSync(corePath, { recursive: true });
}
