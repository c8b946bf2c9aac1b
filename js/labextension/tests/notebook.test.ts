import { expect, test } from "vitest";
import {
  CHIGNOLIN,
  cellToRun,
  notebookContent,
  openEnsemble,
  pythonKernel,
  pythonString,
  sampleFrom,
} from "../src/notebook";

const PYTHON = { name: "python3", display_name: "Python 3", language: "python" };
const JULIA = { name: "julia", display_name: "Julia", language: "julia" };

test("a notebook has an explanation and a cell that shows the Explorer", () => {
  const { cells, metadata, nbformat } = notebookContent(CHIGNOLIN, PYTHON);
  expect(nbformat).toBe(4);
  expect(metadata.kernelspec).toEqual({ name: "python3", display_name: "Python 3" });
  expect(cells.map((cell) => cell.cell_type)).toEqual(["markdown", "code"]);
  expect(cells[1].source).toBe('from confdiff_widgets import Explorer\n\nExplorer("chignolin", play=True)');
});

test("a notebook that was run before is not run again", () => {
  const unused = notebookContent(CHIGNOLIN, PYTHON);
  expect(cellToRun(unused)).toBe(1);
  const [explanation, code] = unused.cells;
  expect(cellToRun({ ...unused, cells: [explanation, { ...code, execution_count: 3 }] })).toBe(-1);
  expect(cellToRun({ ...unused, cells: [explanation] })).toBe(-1);
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
