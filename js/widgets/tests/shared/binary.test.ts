import { expect, test } from "vitest";
import { bytes, floats, split } from "../../src/shared/binary";

test("floats can start at any offset of a message", () => {
  const message = new DataView(new ArrayBuffer(9), 1); // 1 is not a multiple of 4
  message.setFloat32(0, 1.5, true);
  message.setFloat32(4, -2, true);
  expect([...floats(message)]).toEqual([1.5, -2]);
});

test("bytes cover only their part of the message", () => {
  const { buffer } = Uint8Array.of(1, 2, 3, 4);
  expect([...bytes(new DataView(buffer, 1, 2))]).toEqual([2, 3]);
});

test("split yields rows in order", () => {
  const rows = split(Float32Array.of(0, 1, 2, 3, 4, 5), 3);
  expect(rows.map((row) => [...row])).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
});
