import { expect, test } from "vitest";
import {
  CHIGNOLIN,
  cellToRun,
  codeOf,
  openEnsemble,
  pythonKernel,
  pythonString,
  sampleFrom,
} from "../src/notebook";

const PYTHON = { name: "python3", display_name: "Python 3", language: "python" };
const JULIA = { name: "julia", display_name: "Julia", language: "julia" };

test("the code imports a widget, keeps it and shows it", () => {
  expect(codeOf(CHIGNOLIN)).toBe(
    'from confdiff_widgets import Explorer\n\nconfdiff_widget = Explorer("chignolin", play=True)\nconfdiff_widget',
  );
});

test("a notebook that was run before is not run again", () => {
  const cell = { metadata: {}, source: "" };
  const explanation = { cell_type: "markdown" as const, ...cell };
  const code = (execution_count: number | null) => ({ cell_type: "code" as const, execution_count, outputs: [], ...cell });
  const notebook = { metadata: {}, nbformat: 4, nbformat_minor: 5 };
  expect(cellToRun({ ...notebook, cells: [explanation, code(null)] })).toBe(1);
  expect(cellToRun({ ...notebook, cells: [explanation, code(3)] })).toBe(-1);
  expect(cellToRun({ ...notebook, cells: [explanation] })).toBe(-1);
});

test("the expression reads the file", () => {
  expect(sampleFrom("a.fasta").expression).toBe('Explorer.from_file("a.fasta")');
  expect(openEnsemble("a b.xtc").expression).toBe('open_ensemble("a b.xtc")');
});

test.each([
  ["my folder.pdb", '"my folder.pdb"'],
  [`it's "so".pdb`, '"it\'s \\"so\\".pdb"'],
  ["a\\n.pdb", '"a\\\\n.pdb"'],
  ["αβ ü.pdb", '"αβ ü.pdb"'],
  ["a\tb\nc", '"a\\tb\\nc"'],
])("the name %j is the Python literal %s", (name, literal) => {
  expect(pythonString(name)).toBe(literal);
});

test("the default kernel is used if it is a Python kernel, otherwise another one", () => {
  const kernelspecs = { julia: JULIA, python3: PYTHON, conda: { ...PYTHON, name: "conda" } };
  expect(pythonKernel({ default: "conda", kernelspecs }).name).toBe("conda");
  expect(pythonKernel({ default: "julia", kernelspecs }).name).toBe("python3");
});

test("without a Python kernel the error says what to install", () => {
  const none = { default: "julia", kernelspecs: { julia: JULIA } };
  expect(() => pythonKernel(none)).toThrow(/pip install ipykernel/);
  expect(() => pythonKernel(null)).toThrow(/pip install ipykernel/);
});
