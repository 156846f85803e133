/**
 * Milliseconds that something awaited may take. A wait ends when it comes: only what hangs takes longer, however slow and busy
 * the machine is.
 */
export const PATIENCE = 90_000;
