import { render } from "@testing-library/preact";
import { useRef } from "preact/hooks";
import { expect, it, vi } from "vitest";
import { read, useDroppedFiles } from "../../src/parameters/uploads";

function Panel({ open }: { open: (file: { name: string; text: string }) => void }) {
  const root = useRef<HTMLDivElement>(null);
  useDroppedFiles(root, open);
  return <div ref={root} />;
}

function explorer(open: (file: { name: string; text: string }) => void) {
  const element = document.createElement("div");
  element.className = "confdiff-explorer";
  document.body.append(element);
  return { element, page: render(<Panel open={open} />, { container: element }) };
}

function fire(element: Element, type: string, files: File[], types = ["Files"]): Event {
  const event = new Event(type, { bubbles: true, cancelable: true });
  Object.assign(event, { dataTransfer: { types, files } });
  element.dispatchEvent(event);
  return event;
}

it("opens a file that is dropped on its own Explorer, and marks where it can be dropped", async () => {
  const [first, second] = [vi.fn(), vi.fn()];
  const [a, b] = [explorer(first), explorer(second)];
  const file = new File([">a\nGASPK\n"], "a.fasta");
  expect(fire(a.element, "dragover", []).defaultPrevented).toBe(true);
  expect(a.element.className).toContain("cd-drop");
  fire(a.element, "dragleave", []);
  expect(a.element.className).not.toContain("cd-drop");
  fire(a.element, "dragover", []);
  expect(fire(a.element, "drop", [file]).defaultPrevented).toBe(true);
  await vi.waitFor(() => expect(first).toHaveBeenCalledWith({ name: "a.fasta", text: ">a\nGASPK\n" }));
  expect(a.element.className).not.toContain("cd-drop");
  expect(second).not.toHaveBeenCalled();
  a.page.unmount();
  fire(a.element, "drop", [file]);
  expect(first).toHaveBeenCalledTimes(1);
  b.page.unmount();
});

it("leaves text that is dragged, and files beside an Explorer, to the page", () => {
  const open = vi.fn();
  const { element, page } = explorer(open);
  expect(fire(element, "dragover", [], ["text/plain"]).defaultPrevented).toBe(false);
  expect(fire(document.body, "drop", [new File(["x"], "x.pdb")]).defaultPrevented).toBe(false);
  page.unmount();
});

it("reads no more of a file than is needed to refuse it", async () => {
  const file = new File(["x"], "x.pdb");
  const slice = vi.spyOn(file, "slice");
  expect(await read(file)).toEqual({ name: "x.pdb", text: "x" });
  expect(slice).toHaveBeenCalledWith(0, 25e6);
});
