// Collect the licences of all third-party code in the built modules in confdiff_widgets/THIRD_PARTY_NOTICES.txt.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = import.meta.dirname;
const built = path.join(root, "../confdiff_widgets");
const rule = `\n${"-".repeat(79)}\n\n`;

const json = (file) => JSON.parse(readFileSync(file, "utf-8"));

/** The folder of the package that contains a file of node_modules. */
function packageFolder(file) {
  const parts = file.split("/");
  const start = parts.lastIndexOf("node_modules") + 1;
  const length = parts[start].startsWith("@") ? 2 : 1;
  return path.join(root, ...parts.slice(0, start + length));
}

function notice(folder) {
  const { name, version, license } = json(path.join(folder, "package.json"));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file.`);
  return { name, version, license, text: readFileSync(path.join(folder, file), "utf-8") };
}

/** Write the notices of the packages that esbuild bundled and of those that webpack lists. */
export function writeNotices(metafile) {
  const inputs = Object.keys(metafile.inputs).filter((file) => file.includes("node_modules/"));
  const folders = [...new Set(inputs.map(packageFolder))];
  const listed = json(path.join(built, "labextension/static/third-party-licenses.json")).packages;
  const notices = [
    ...folders.map((folder) => ({ ...notice(folder), part: "widgets" })),
    { ...notice(path.join(root, "node_modules/webpack")), part: "JupyterLab extension (module loader)" },
    ...listed.map(({ name, versionInfo, licenseId, extractedText }) => {
      if (!extractedText) throw new Error(`${name} has no licence text.`);
      return { name, version: versionInfo, license: licenseId, text: extractedText, part: "JupyterLab extension" };
    }),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sections = notices.map(
    ({ name, version, license, text, part }) => `${name} ${version} (${license}), in the ${part}\n\n${text.trim()}\n`,
  );
  const head = "Third-party code in the built modules of confdiff-widgets, with its licences.\n";
  writeFileSync(path.join(built, "THIRD_PARTY_NOTICES.txt"), [head, ...sections].join(rule));
}
