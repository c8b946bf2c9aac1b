/** A custom message of Python's, and the bytes that came with it. */
export type Heard = (message: Record<string, unknown>, buffers: DataView[]) => void;

/** Hear Python's messages; returns what ends it. */
export type Listen = (heard: Heard) => () => void;
