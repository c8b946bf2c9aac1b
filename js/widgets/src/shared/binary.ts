/** Read arrays from the bytes that Python sends. */

export function bytes(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Little-endian float32; copied, because a view of the message may not be aligned. */
export function floats(view: DataView): Float32Array {
  return new Float32Array(bytes(view).slice().buffer);
}

/** Split into parts of equal length that share the memory of the array. */
export function split<T extends Float32Array | Uint8Array>(array: T, parts: number): T[] {
  const length = array.length / parts;
  return Array.from(
    { length: parts },
    (_, i) => array.subarray(i * length, (i + 1) * length) as T,
  );
}
