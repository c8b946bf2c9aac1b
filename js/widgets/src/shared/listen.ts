/** Receives a custom message from Python, and the binary buffers that came with it. */
export type OnMessage = (message: Record<string, unknown>, buffers: DataView[]) => void;

/** Subscribe to Python's messages; returns a function that unsubscribes. */
export type Listen = (onMessage: OnMessage) => () => void;
